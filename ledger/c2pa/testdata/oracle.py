"""What c2pa-rs (PyPI c2pa-python) says of files.

    oracle.py [--trust PEM] FILE…

prints a JSON object: for each file its state, whether its signer is trusted, the codes
of what failed, and how many manifests there are.
"""
import json
import os
import sys
import warnings

warnings.filterwarnings("ignore")
import c2pa  # noqa: E402

TYPES = {".png": "image/png", ".jpg": "image/jpeg", ".tif": "image/tiff"}


def verdict(path, context):
    try:
        with open(path, "rb") as f:
            reader = c2pa.Reader(TYPES[os.path.splitext(path)[1]], f, context=context)
            report = json.loads(reader.json())
            state = str(reader.get_validation_state())
    except c2pa.C2paError as e:
        return {"state": "Error", "failures": [str(e).split(":")[0]], "detail": str(e)}
    found = report.get("validation_status", [])
    return {
        "state": "Valid" if state == "Trusted" else state,
        "trusted": state == "Trusted",
        "failures": sorted({s["code"] for s in found}),
        "manifests": len(report["manifests"]),
        "detail": json.dumps(found),
    }


def main(args):
    settings = {"verify": {"remote_manifest_fetch": False}}
    if args[0] == "--trust":
        with open(args[1]) as f:
            settings["trust"] = {"trust_anchors": f.read()}
        args = args[2:]
    context = c2pa.Context(c2pa.Settings.from_dict(settings))
    json.dump({os.path.basename(p): verdict(p, context) for p in args}, sys.stdout)


main(sys.argv[1:])
