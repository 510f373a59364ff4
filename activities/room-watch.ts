import { forgetRoom, freeRoom, saidRooms, type WorkerRoomDocument } from '../src/models/worker-rooms';

/** A worker that has said nothing for so long has died, or is not to be relied on. */
export const silentMs = 15_000;

/** What room the living workers have. How long one is silent goes by this process's own clock, from when it looked. */
export class RoomWatch {
  private heard = new Map<string, { beat: number; atMs: number }>();

  constructor(private readonly nowMs: () => number = () => performance.now()) {}

  /** How many more mailboxes all workers have room for; whoever has been silent for too long is forgotten until it speaks again. */
  async free(): Promise<number> {
    const rooms = await saidRooms();
    const atMs = this.nowMs();
    const last = this.heard;
    this.heard = new Map(
      rooms.map(({ _id, beat }) => {
        const before = last.get(_id);
        return [_id, before?.beat === beat ? before : { beat, atMs }];
      }),
    );
    const isSilent = ({ _id }: WorkerRoomDocument) => atMs - (this.heard.get(_id)?.atMs ?? atMs) >= silentMs;
    const living = rooms.filter((room) => !isSilent(room));
    for (const { _id, beat } of rooms.filter(isSilent)) {
      await forgetRoom(_id, beat);
      this.heard.delete(_id);
    }
    return freeRoom(living);
  }
}
