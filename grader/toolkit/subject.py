"""What is judged: the learner's file, what its functions promise, and the calls of them that went well."""

from __future__ import annotations

from dataclasses import dataclass, field

from grader.source.learner_file import LearnerFile
from grader.toolkit.contract import Contract
from grader.toolkit.samples import Samples


@dataclass(eq=False)
class Subject:
    """What is judged: the learner's file, what its functions promise, and the calls of them that went well."""

    learner: LearnerFile
    contract: Contract
    samples: Samples = field(default_factory=Samples)
