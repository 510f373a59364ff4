import { readMessage } from '../../sandbox/exchange/mime/read-message';
import { now, type Mailbox } from '../../sandbox/exchange/store/mailbox';

/** Puts mails, each with words of its own, into the Inbox and further folders of a simulated mailbox. */
export async function addMails(mailbox: Mailbox, { folders, items }: { folders: number; items: number }) {
  const inbox = mailbox.folderByName('inbox')?.record;
  if (inbox === undefined) throw new Error('no Inbox');
  // A folder costs the same, empty or not.
  for (const { record } of mailbox.childrenOf(inbox.parent))
    if (record !== inbox) mailbox.removeFolder(record);
  for (let folder = 0; folder < folders; folder += 1) {
    const { counter } =
      folder === 0
        ? inbox
        : mailbox.addFolder({
            parent: inbox.parent,
            displayName: `Folder ${folder}`,
            folderClass: 'IPF.Note',
          });
    for (let item = 0; item < items; item += 1) await addMail(mailbox, counter, `${folder}.${item}`);
  }
}

async function addMail(mailbox: Mailbox, folder: number, words: string): Promise<void> {
  const at = now();
  const mime = `From: a@contoso.example\r\nMessage-ID: <${words}@contoso.example>\r\nDate: Mon, 02 Mar 2026 10:00:00 +0000\r\nSubject: About ${words}\r\n\r\nWords of ${words}\r\n`;
  const content = mailbox.contents.append(Buffer.from(mime));
  const read = await readMessage(mailbox.contents, content, at);
  const times = { created: at, modified: at, received: at };
  const kept = { associated: false, draft: false, read: false, ext: {}, sizeBytes: mime.length };
  mailbox.addItem({ ...kept, ...times, element: 'Message', ...read, itemClass: 'IPM.Note', folder });
}
