"""A step of nbgrader's generate_assignment, named in `nbgrader_config.py`."""

import re

from nbgrader.preprocessors import ClearSolutions

DEFINITION = re.compile(r"^(?:def|class) (\w+)", re.MULTILINE)


class NamedStubs(ClearSolutions):
    """nbgrader's ClearSolutions, whose stub says which exercise is still to be written."""

    def preprocess_cell(self, cell, resources, cell_index):
        defined = DEFINITION.findall(cell.source)
        name = defined[-1] if defined else cell.metadata.get("nbgrader", {}).get("grade_id", "this")
        stub = f'raise NotImplementedError("{name} is yours to write: replace this line")'
        self.code_stub = {"python": stub}
        return super().preprocess_cell(cell, resources, cell_index)
