"""A step of nbgrader's generate_assignment, named in `nbgrader_config.py`."""

from nbgrader.preprocessors import ClearSolutions


class NamedStubs(ClearSolutions):
    """nbgrader's ClearSolutions, whose stub says which exercise is still to be written."""

    def preprocess_cell(self, cell, resources, cell_index):
        name = cell.metadata.get("nbgrader", {}).get("grade_id", "this")
        stub = f'raise NotImplementedError("{name} is yours to write: replace this line")'
        self.code_stub = {"python": stub}
        return super().preprocess_cell(cell, resources, cell_index)
