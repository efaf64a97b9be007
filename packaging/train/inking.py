"""Pictures as the program inks them: packaging/train/ink runs engine/starter's inking over screens.

What is judged, and what the critic looks at, is what a person would see, and there is one way to ink.
"""

import os
import struct
import subprocess
import threading

import numpy as np

# One colourway to look at pictures in: the ground, six positions, line work or the seventh.
INKS = np.array([
    [246, 237, 216], [200, 60, 50], [50, 110, 80], [36, 52, 106], [216, 162, 34], [120, 170, 180], [240, 150, 140], [44, 30, 40],
], np.uint8)


class InkError(Exception):
    """The command that inks is missing, or failed."""


def find_inker():
    """The command's path: SELVAGE_INK, or bin/ink of the repository."""
    return os.environ.get("SELVAGE_INK") or os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..", "bin", "ink")


def inked(pictures, most, side, palette=None):
    """Screens uint8 [n, s, s, 3] inked at a side: uint8 [n, side, side, 3], and how many positions beside the ground each has.

    most bounds that number for each of them. Positions are shown in palette, uint8 [8, 3] as INKS is; else each in its corner of the colour cube.
    """
    if not len(pictures):
        return np.empty((0, side, side, 3), np.uint8), []
    command = [find_inker()] + ([] if palette is None else ["-palette", ",".join("%02x%02x%02x" % tuple(chip) for chip in palette)])
    try:
        process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    except OSError as err:
        raise InkError(f"{command[0]} does not start: {err}; build it with: go build -o bin/ink ./packaging/train/ink") from err

    def give():
        try:
            for picture, bound in zip(pictures, most):
                process.stdin.write(struct.pack("<HHB", len(picture), side, bound) + np.ascontiguousarray(picture).tobytes())
            process.stdin.close()
        except OSError:
            pass  # it has ended, and says why

    giver = threading.Thread(target=give)
    giver.start()
    found = process.stdout.read(len(pictures) * (1 + 3 * side * side))
    said = process.stderr.read().decode(errors="replace").strip()
    giver.join()
    process.stdout.close()
    process.stderr.close()
    if process.wait() or len(found) != len(pictures) * (1 + 3 * side * side):
        raise InkError(f"{command[0]} inked {len(found) // (1 + 3 * side * side)} of {len(pictures)} pictures: {said}")
    frames = np.frombuffer(found, np.uint8).reshape(len(pictures), -1)
    return frames[:, 1:].reshape(-1, side, side, 3).copy(), frames[:, 0].tolist()
