"""Speed and quality, side by side with peers: each module prints its figures in one run."""
