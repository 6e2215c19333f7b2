"""`python -m erniem`, which is also how torchrun starts a run."""

from erniem.cli import main

if __name__ == "__main__":
    raise SystemExit(main())
