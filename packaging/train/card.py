"""The model's card, its lineage, and the folder it ships in, written by the training itself.

card.json is the card that every model has in Selvage (engine/weights): licence,
training data in words, hashes of the files. lineage.json is what the training
knows beyond that: rules, seeds, counts, plan, software, hours, scores.
resume.json is what a training needs to go on from the folder, and does not ship.
"""

import base64
import datetime
import hashlib
import json
import os
import platform
import shutil
import sys

import torch

from corpus import BLOCK, STREAMS, UNSEEN_OF, corpus_hash
from model import build_scheduler

LIMIT = 24 << 20  # bytes of weights that may ship


def software():
    """Versions of everything that computes."""
    import diffusers
    import numpy
    import tokenizers
    import transformers

    return {
        "python": platform.python_version(), "torch": str(torch.__version__), "diffusers": diffusers.__version__,
        "transformers": transformers.__version__, "tokenizers": tokenizers.__version__, "numpy": numpy.__version__,
    }


def processor(device):
    """What the training ran on, in words."""
    if device == "cuda":
        return torch.cuda.get_device_name()
    return f"{platform.machine()} processor, {torch.get_num_threads()} thread"


def sha256(path):
    whole = hashlib.sha256()
    with open(path, "rb") as f:
        while part := f.read(1 << 20):
            whole.update(part)
    return whole.hexdigest()


def files(folder):
    """Path, size and hash of every file that the engine opens, in the order of their paths."""
    found = []
    for base, _, names in os.walk(folder):
        for name in names:
            path = os.path.join(base, name)
            inside = os.path.relpath(path, folder).replace(os.sep, "/")
            if inside not in ("card.json", "lineage.json", "resume.json", "README.md"):
                found.append({"path": inside, "size": os.path.getsize(path), "sha256": sha256(path)})
    return sorted(found, key=lambda f: f["path"])


def write_folder(folder, parts, tokenizer):
    """Writes a diffusers folder in fp16. parts are unet, vae and text_encoder."""
    import diffusers

    for name in ("unet", "vae", "text_encoder"):
        parts[name].save_pretrained(os.path.join(folder, name), safe_serialization=True)
        for weights in os.listdir(os.path.join(folder, name)):
            os.chmod(os.path.join(folder, name, weights), 0o644)
    # Stored in fp16, computed in fp32 unless a tool asks for less: a pipeline whose
    # parts disagree about that does not run.
    path = os.path.join(folder, "text_encoder", "config.json")
    with open(path, encoding="utf-8") as f:
        config = {**json.load(f), "dtype": "float32"}
    with open(path, "w", encoding="utf-8") as f:
        json.dump(config, f, indent=2)
    build_scheduler().save_pretrained(os.path.join(folder, "scheduler"))
    kept = os.path.join(folder, "tokenizer")
    shutil.copytree(tokenizer, kept, dirs_exist_ok=True)
    index = {
        "_class_name": "StableDiffusionPipeline", "_diffusers_version": diffusers.__version__,
        "feature_extractor": [None, None], "image_encoder": [None, None], "safety_checker": [None, None],
        "requires_safety_checker": False,
        "scheduler": ["diffusers", "DDIMScheduler"], "text_encoder": ["transformers", "CLIPTextModel"],
        "tokenizer": ["transformers", "CLIPTokenizer"], "unet": ["diffusers", "UNet2DConditionModel"],
        "vae": ["diffusers", "AutoencoderTiny"],
    }
    with open(os.path.join(folder, "model_index.json"), "w", encoding="utf-8") as f:
        json.dump(index, f, indent=1)


def write(folder, plan, header, state, parts, results):
    """Writes card.json, lineage.json, resume.json and README.md beside the weights. results are the judge's, or empty."""
    weights, size = {}, 0
    for base, _, names in os.walk(folder):
        for name in sorted(names):
            if name.endswith(".safetensors"):
                path = os.path.join(base, name)
                weights[os.path.relpath(path, folder).replace(os.sep, "/")] = {"bytes": os.path.getsize(path), "sha256": sha256(path)}
                size += os.path.getsize(path)
    digests, counts = state["feed"]["digests"], state["feed"]["counts"]
    hours = sum(s["seconds"] for s in state["sessions"]) / 3600
    also_read = dict(state.get("also_read", {}))
    if critic := _critic(folder):
        also_read["critic"] = f"drawings 0 to {critic['training']['drawings'] - 1} of the stream {critic['training']['stream']}"
    lineage = {
        "name": plan["name"],
        "written": datetime.datetime.now(datetime.timezone.utc).isoformat(timespec="seconds"),
        "what": "text to screens: red, green, blue, cyan, magenta and yellow are positions, white is line work or the seventh, black is the ground",
        "data": {
            "what": "drawings made by rule by engine/draw; no other picture or text of any kind",
            "rules": header["rules"],
            "first_seed": STREAMS[plan["stream"]], "drawings": len(digests) * BLOCK, "size": plan["size"], "chosen_families": list(plan["families"]),
            "figures": plan.get("figures", 0), "group": plan.get("group", False), "passed_over": passed_over(plan), "used": sum(counts.values()),
            "slice": state["slice"]["count"], "slice_sha256": state["slice"]["sha256"],
            "block": BLOCK, "first_block_sha256": digests[0].hex() if digests else None,
            "corpus_sha256": corpus_hash(digests) if digests else None,
            "hash": "SHA-256 over the SHA-256 of each block's samples as streamed, without the stream's header; blocks in order",
            "captions_kept_out": f"those whose SHA-256 (first 8 bytes, big-endian) is divisible by {UNSEEN_OF}",
            "held_out": "family with layout and family with secondary motif, by draw.HeldOut", "families": dict(sorted(counts.items())),
            "also_read": also_read, "earlier": state.get("earlier", []),
        },
        "architecture": {name: {k: v for k, v in dict(part.config if isinstance(part.config, dict) else part.config.to_dict()).items() if not k.startswith("_")} for name, part in parts.items()},
        "parameters": {name: sum(p.numel() for p in part.parameters()) for name, part in parts.items()},
        "training": {
            "seed": plan["seed"], "plan": plan, "steps": state["step"], "samples": state["samples"],
            "hours": round(hours, 3), "sessions": state["sessions"], "loss": state.get("loss"),
            "text": state.get("text_result"), "autoencoder": state.get("vae_result"), **({"critic": critic["result"]} if critic else {}),
        },
        "software": software(),
        "results": results,
        "weights": weights, "bytes": size,
    }
    with open(os.path.join(folder, "lineage.json"), "w", encoding="utf-8") as f:
        json.dump(lineage, f, indent=1, default=str)
    resume = {k: state[k] for k in ("step", "samples", "sessions", "text_result", "vae_result", "earlier") if k in state}
    resume["feed"] = {"digests": base64.b64encode(b"".join(digests[n] for n in range(len(digests)))).decode(), "counts": counts}
    with open(os.path.join(folder, "resume.json"), "w", encoding="utf-8") as f:
        json.dump({"plan": plan, "header": header, "state": resume}, f)
    card = {
        "name": plan["name"], "kind": "pipeline", "family": "custom", "publisher": "Selvage",
        "licence": "apache-2.0", "licence_url": "https://www.apache.org/licenses/LICENSE-2.0", "commercial_use": "yes",
        "training_data": f"{used(lineage['data']):,} drawings made by rule in {len(counts)} motif families at "
                         f"{plan['size']} x {plan['size']} pixels, and nothing else: no picture by a person or of another model. "
                         f"{state['samples']:,} samples in {hours:.1f} hours; lineage.json has all of it.",
        "files": files(folder),
    }
    with open(os.path.join(folder, "card.json"), "w", encoding="utf-8") as f:
        json.dump(card, f, indent=2)
    with open(os.path.join(folder, "README.md"), "w", encoding="utf-8") as f:
        f.write(readme(lineage))
    if size > LIMIT:
        print(f"card: {size} bytes of weights are more than the {LIMIT} that may ship", file=sys.stderr)
    return lineage


def _critic(folder):
    """What the critic of a model's folder says of itself, None where there is none."""
    path = os.path.join(folder, "critic", "config.json")
    if not os.path.exists(path):
        return None
    with open(path, encoding="utf-8") as f:
        return json.load(f)


def passed_over(plan):
    """What was not learned from though it was drawn, in words."""
    found = ["line drawings, block-print and ikat edges"] if plan["plain"] else []
    if plan.get("seldom"):
        found.append(f"from step {plan['since']} on two of three {', '.join(plan['seldom'])}")
    return "; ".join(found) or "none"


def used(data):
    """How many drawings the model has learned from, those of its earlier corpora too."""
    return data["used"] + sum(before["used"] for before in data.get("earlier", []))


def drawn(data):
    """What a corpus is, in words."""
    forms = f"{data['figures']} forms of each figure, " if data.get("figures") else ""
    kind = "groups of drawings" if data.get("group") else "drawings"
    return (f"{data['used']:,} {kind} in {len(data['chosen_families'])} families at {data['size']} x {data['size']} (of {data['drawings']:,} drawn "
            f"from seed {data['first_seed']} on by rules {data['rules']}; {forms}passed over: {data['passed_over']})")


def corpora(data):
    """All that a model has learned from, in words."""
    before = [f"{drawn(b)}, until step {b['until']:,}" for b in data.get("earlier", [])]
    return "; then ".join([*before, drawn(data)])


def readme(card):
    """The folder's README, from the lineage alone."""
    data, training = card["data"], card["training"]
    lines = [
        "# " + card["name"], "",
        "A text-to-screens latent diffusion model in the diffusers format. Prompt in, screens out: black is the ground, "
        "red, green, blue, cyan, magenta and yellow are the positions in this order, white is line work (or the seventh), and a palette is applied afterwards.", "",
        f"Trained on {corpora(data)}; no other data of any kind. {training['steps']} steps, {training['samples']} samples, {training['hours']:.2f} hours. "
        f"{card['bytes'] / (1 << 20):.1f} MiB of fp16 weights.", "",
        "- Every padded convolution of the UNet and of the decoder wraps, in training too. Loaders that pad with zeros show seams.",
        f"- {data['size']} x {data['size']} pixels are {card['architecture']['unet']['sample_size']} x {card['architecture']['unet']['sample_size']} latents; the total stride is 64 pixels.",
        *(["- It makes groups of a few motifs. One, two or three along each side fill a picture, as draw.Spec.Groups says: fewer the larger the motifs are."] if data.get("group") else []),
        "- Guidance 4, 20 steps of DDIM, trailing.", "",
    ]
    if card["results"].get("evaluation"):
        lines += judged(card["results"])
    lines += ["card.json has the licence and the hash of every file, lineage.json the corpus hash, seeds, counts, "
              "hyperparameters, software and scores.", ""]
    return "\n".join(lines)


def judged(results):
    """What the judge found, in lines of Markdown."""
    from critic import TRIES
    from judge import markdown

    table = results["evaluation"]
    return [f"A judge (a classifier trained on other drawings) on {table['prompts']} prompts never trained on, "
            f"guidance {table['guidance']:g}, {table['steps']} steps of DDIM, inked as the program inks" + (f"; up to {TRIES} samples of each, {table['tries']:.1f} on average, of which the critic kept one:" if table.get("tries", 1) > 1 else ":"), "", markdown(table), "",
            "Motifs it made right, by family: " + ", ".join(f"{k} {n} of {m}" for k, (n, m) in table["families"].items()) + ".", ""]
