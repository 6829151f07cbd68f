"""Write demo/recorded from demo/posts: the replies that five sources would send for these posts.

Run by hand after a change of the posts: ``python demo/record.py [FOLDER]``. Same posts, same bytes.
"""

import shutil
import sys
from pathlib import Path

from sources import appstore, cfpb, hackernews, reddit, reviews
from sources.recorded import DEMO, Recorded


def main(folder: Path) -> None:
    """Write the folder anew."""
    shutil.rmtree(folder, ignore_errors=True)
    recorded = Recorded(folder)
    for source in (appstore, cfpb, hackernews, reddit, reviews):
        source.record(recorded)
    recorded.write_index()
    print(f"{folder}: {len(recorded.lines)} replies")


if __name__ == "__main__":
    main(Path(sys.argv[1]) if len(sys.argv) > 1 else DEMO / "recorded")
