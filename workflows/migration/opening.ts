import type { OpeningKey } from '../../activities/open-mailboxes';
import type { folderActivities } from '../proxies';

/** The mailboxes that are open, and where. */
export interface Opening {
  key: OpeningKey;
  queue: string;
  /** Set by whatever part of the pass got on. */
  progress: {
    progressed: boolean;
    /** How often planning met a higher fence. */
    fenced: number;
  };
}

/** The folders of one opening. */
export interface OpenFolders extends Opening {
  activities: ReturnType<typeof folderActivities>;
  /** Whether the folders were planned in this opening. */
  isPlanned: boolean;
}
