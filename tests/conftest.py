"""What every test may use."""

from hypothesis import settings

# No test says how fast anything is, and a busy machine is no fault.
settings.register_profile("untimed", deadline=None)
settings.load_profile("untimed")
