"""Odd notebook files, and files that lie beside them."""

from .build import case, every_cell, metadata, own_cell

COLAB = {"provenance": [], "toc_visible": True, "gpuType": "T4"}
OLD = own_cell("print(1)") | {"execution_count": 7, "outputs": [
    {"output_type": "stream", "name": "stdout", "text": "an old output\n"}]}  # fmt: skip

CASES = [
    case("from_colab", 2, metadata(colab=COLAB, accelerator="GPU")),
    case(
        "from_vscode",
        5,
        metadata(
            vscode={"interpreter": {"hash": "0"}},
            language_info={"name": "python", "version": "3.9"},
        ),
    ),
    case("from_kaggle", 3, metadata(kaggle={"accelerator": "none", "dataSources": []})),
    case(
        "kernel_of_another_name",
        2,
        metadata(kernelspec={"name": "python3", "display_name": "my env", "language": "python"}),
    ),
    case(
        "without_cell_ids",
        2,
        lambda notebook: notebook.update(nbformat_minor=4),
        every_cell(lambda cell: cell.pop("id")),
    ),
    case("outputs_kept", 2, lambda notebook: notebook["cells"].insert(0, OLD)),
    case(
        "data_and_module_beside",
        5,
        "import mine\nprint(open('data/n.txt').read(), mine.TWO)\n%run beside.py",
        files={"data/n.txt": b"1 2 3", "mine.py": b"TWO = 2\n", "beside.py": b"print('beside')\n"},
    ),
]
