import de.bwaldvogel.mongo.MongoServer;
import de.bwaldvogel.mongo.MongoVersion;
import de.bwaldvogel.mongo.backend.h2.H2Backend;
import de.bwaldvogel.mongo.bson.Document;
import de.bwaldvogel.mongo.wire.message.MongoMessage;
import java.net.InetSocketAddress;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.ReentrantReadWriteLock;
import org.h2.mvstore.MVStore;

/**
 * mongo-java-server on 127.0.0.1 with its data in one file, fit for a driver of today and for being killed.
 *
 * <p>Usage: {@code SandboxDatabase <port> <file>}. Prints one line when it listens; ends in order on SIGTERM.
 */
public final class SandboxDatabase {

    /** The library announces wire version 8; the driver asks for 9 and uses nothing of it that the library lacks. */
    private enum Version implements MongoVersion {
        MONGO_4_4;

        @Override
        public List<Integer> getVersionArray() {
            return List.of(4, 4, 0);
        }

        @Override
        public int getWireVersion() {
            return 9;
        }
    }

    /** Answers a write only when it is in the file; the library alone writes once a second and loses it when killed. */
    private static final class DurableBackend extends H2Backend {

        private static final Set<String> WRITES =
                Set.of(
                        "insert",
                        "update",
                        "delete",
                        "findAndModify",
                        "findandmodify",
                        "create",
                        "createIndexes",
                        "dropIndexes",
                        "deleteIndexes",
                        "drop",
                        "dropDatabase",
                        "renameCollection");

        private final Map<String, Object> databases = new ConcurrentHashMap<>();
        private final ReentrantReadWriteLock whole = new ReentrantReadWriteLock(true);
        private final AtomicLong changes = new AtomicLong();
        private final MVStore store;
        private long committed;

        DurableBackend(MVStore store) {
            super(store);
            this.store = store;
        }

        @Override
        public Document handleMessage(MongoMessage message) {
            boolean writes = WRITES.contains(message.getDocument().keySet().iterator().next());
            Document answer;
            long change;
            whole.readLock().lock();
            try {
                endIfClosed();
                answer = handle(message);
                change = writes ? changes.incrementAndGet() : 0;
            } finally {
                whole.readLock().unlock();
            }
            if (writes) {
                commitUpTo(change);
            }
            return answer;
        }

        /**
         * The library answers with the stored documents themselves, which the next command may change before they are
         * written to the wire: findAndModify would tell a later caller's value. So an answer is copied before the next
         * command of its database begins.
         */
        private Document handle(MongoMessage message) {
            synchronized (databases.computeIfAbsent(message.getDatabaseName(), name -> new Object())) {
                return super.handleMessage(message).cloneDeeply();
            }
        }

        /** Commits while no command is half done, so that a document and its index entries are in the file together. */
        private void commitUpTo(long change) {
            whole.writeLock().lock();
            try {
                if (committed < change) {
                    long upTo = changes.get();
                    commit();
                    committed = upTo;
                }
            } catch (RuntimeException failure) {
                failure.printStackTrace();
                end();
            } finally {
                whole.writeLock().unlock();
            }
        }

        /** After a write that failed, as on a full disk, the library closes its store and would refuse everything for good. */
        private void endIfClosed() {
            if (store.isClosed()) {
                end();
            }
        }

        /** As MongoDB does: whoever starts it again finds what was acknowledged, and nobody is told of more. */
        private static void end() {
            System.err.println("The data cannot be written any more; the database ends.");
            Runtime.getRuntime().halt(14);
        }
    }

    public static void main(String[] args) {
        int port = Integer.parseInt(args[0]);
        MVStore store = new MVStore.Builder().fileName(args[1]).cacheSize(64).autoCommitDisabled().open();
        // The default of 45 s makes the file grow fast, as each committed write leaves a chunk behind.
        store.setRetentionTime(1000);
        DurableBackend backend = new DurableBackend(store);
        backend.version(Version.MONGO_4_4);
        MongoServer server = new MongoServer(backend);
        server.bind(new InetSocketAddress("127.0.0.1", port));
        Runtime.getRuntime().addShutdownHook(new Thread(server::shutdownNow));
        System.out.println("listening on 127.0.0.1:" + port);
    }
}
