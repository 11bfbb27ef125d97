"""What the worker relies on inside nbgrader, nbclient, nbconvert and nbformat.

These, as those of run/warm/parts.py, may change with any release.
"""

from __future__ import annotations

from tinytorch.grading.run.warm.parts import Part

CLIENT = "nbclient.client:NotebookClient."
STEPS = "nbgrader.preprocessors:"
PARTS = (
    # steps.py: a cell in a fork
    Part("nbclient", f"{CLIENT}reset_execution_trackers", "begins a notebook"),
    Part("nbclient", f"{CLIENT}set_widgets_metadata", "ends a notebook"),
    Part("nbclient", f"{CLIENT}process_message", "puts a message among a cell's outputs"),
    Part("nbclient", f"{CLIENT}_get_timeout", "the time for a cell"),
    Part("nbclient", f"{CLIENT}_check_raise_for_error", "whether an error stops the notebook"),
    Part("nbclient", f"{CLIENT}on_cell_executed", "a course's hook"),
    Part("nbclient", f"{CLIENT}start_new_kernel", "a kernel that says nothing"),
    Part("nbclient", "nbclient.client:timestamp", "when a cell ended"),
    Part("nbclient", "nbclient.exceptions:CellExecutionComplete", "a cell's last message"),
    Part(
        "nbclient",
        "nbclient.exceptions:CellTimeoutError.error_from_timeout_and_cell",
        "a cell that took too long",
    ),
    # steps.py: nbgrader's steps without a gradebook
    Part("nbgrader", f"{STEPS}NbGraderPreprocessor.preprocess", "a step, cell by cell"),
    Part("nbgrader", f"{STEPS}OverwriteCells.add_missing_grade_cells", "deleted cells"),
    Part("nbgrader", f"{STEPS}OverwriteCells.add_missing_task_cells", "deleted cells"),
    Part("nbgrader", f"{STEPS}OverwriteCells.preprocess_cell", "a cell put right"),
    Part("nbgrader", f"{STEPS}SaveAutoGrades._add_score", "asks for a row of a score"),
    Part("nbgrader", f"{STEPS}SaveAutoGrades._add_comment", "asks for a row of a comment"),
    Part("nbgrader", f"{STEPS}Execute.ipython_hist_file", "what a kernel is started with"),
    Part("nbgrader", "nbgrader.nbgraderformat:MetadataValidator.validate_nb", "sound metadata"),
    Part("nbgrader", "nbgrader.nbgraderformat:MetadataValidator.validate_cell", "looked at once"),
    Part("nbgrader", "nbgrader.utils:determine_grade", "what a cell earned"),
    Part("nbgrader", "nbgrader.converters:Autograde.sanitize_preprocessors", "the order of steps"),
    Part("nbgrader", "nbgrader.converters:Autograde.autograde_preprocessors", "the order of steps"),
    # passes.py and thrift.py
    Part("nbconvert", "nbconvert.exporters:Exporter.register_preprocessor", "the steps in one"),
    Part("nbconvert", "nbconvert.exporters:Exporter.optimistic_validation", "validates once"),
    Part("nbconvert", "nbconvert.exporters.exporter:ResourcesDict", "what steps are told"),
    Part("nbconvert", "nbconvert.exporters.exporter:copy.deepcopy", "a notebook not copied"),
    Part("nbformat", "nbformat.validator:deepcopy", "a notebook not copied"),
    Part("nbformat", "nbformat.v4.nbjson:copy.deepcopy", "a notebook not copied"),
    Part("nbformat", "nbformat.v4.nbbase:validate", "an output looked at once"),
)
# pages.py: feedback alone
OF_PAGES = (
    Part("nbgrader", f"{STEPS}GetGrades._get_comment", "marks from elsewhere"),
    Part("nbgrader", f"{STEPS}GetGrades._get_score", "marks from elsewhere"),
    Part("nbgrader", f"{STEPS}ClearHiddenTests._remove_hidden_test_region", "hides tests"),
    Part("nbconvert", "nbconvert.exporters:HTMLExporter.markdown2html", "harmless texts"),
    Part("nbconvert", "nbconvert.exporters:HTMLExporter.from_notebook_node", "makes a page"),
    Part("nbconvert", "nbconvert.filters:Highlight2HTML", "colours code once"),
)
