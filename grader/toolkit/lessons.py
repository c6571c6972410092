"""What each kind of error teaches: the tables of lessons, by what the errors are about, put together in their order."""

from __future__ import annotations

from grader.toolkit.array_lessons import ARRAY_LESSONS
from grader.toolkit.control_flow_lessons import CONTROL_FLOW_LESSONS
from grader.toolkit.derivative_lessons import DERIVATIVE_LESSONS
from grader.toolkit.flax_lessons import FLAX_LESSONS
from grader.toolkit.mapping_lessons import MAPPING_LESSONS
from grader.toolkit.optax_lessons import OPTAX_LESSONS
from grader.toolkit.python_lessons import PYTHON_LESSONS

# From the special to the general: the first that fits is told. Lessons on derivative rules know a leaked tracer better than
# those on Python do, and those on arrays look for a tracer in what other tables' errors say, too.
LESSONS = (
    *FLAX_LESSONS,
    *OPTAX_LESSONS,
    *DERIVATIVE_LESSONS,
    *PYTHON_LESSONS,
    *CONTROL_FLOW_LESSONS,
    *ARRAY_LESSONS,
    *MAPPING_LESSONS,
)
