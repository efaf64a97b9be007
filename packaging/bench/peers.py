"""The peers of Selvage's benchmarks: the same networks in other programs.

    python peers.py model DIR            random weights of Stable Diffusion 1.5's shape, fp16
    python peers.py export DIR           the UNet as PyTorch exports it to ONNX, fp32
    python peers.py step PEER DIR RUNS   seconds per UNet forward at 512 x 512, batch 1
    python peers.py first DIR            process start to the end of diffusers' first step

PEER is torch-fp32, torch-bf16, onnxruntime, openvino-fp32 or openvino-bf16. Every
command prints one JSON object: {"seconds": [...], "load_seconds": s, "peak_bytes": n}.
"""

import time

STARTED = time.perf_counter()

import json
import pathlib
import resource
import sys

LATENT = (1, 4, 64, 64)
CONTEXT = (1, 77, 768)


def report(**figures):
    figures.setdefault("cpu_seconds", sum(resource.getrusage(resource.RUSAGE_SELF)[:2]))
    figures["peak_bytes"] = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
    print(json.dumps(figures))


def unet_config():
    return dict(
        sample_size=64, in_channels=4, out_channels=4, block_out_channels=(320, 640, 1280, 1280),
        layers_per_block=2, cross_attention_dim=768, attention_head_dim=8,
        down_block_types=("CrossAttnDownBlock2D",) * 3 + ("DownBlock2D",),
        up_block_types=("UpBlock2D",) + ("CrossAttnUpBlock2D",) * 3,
    )


def make_model(folder):
    """Writes a whole pipeline with random weights; the tokenizer's files come from beside it."""
    import torch
    from diffusers import AutoencoderKL, DPMSolverMultistepScheduler, UNet2DConditionModel
    from transformers import CLIPTextConfig, CLIPTextModel

    torch.manual_seed(0)
    folder = pathlib.Path(folder)
    UNet2DConditionModel(**unet_config()).half().save_pretrained(folder / "unet")
    AutoencoderKL(
        block_out_channels=(128, 256, 512, 512), layers_per_block=2, latent_channels=4, sample_size=512,
        down_block_types=("DownEncoderBlock2D",) * 4, up_block_types=("UpDecoderBlock2D",) * 4,
    ).half().save_pretrained(folder / "vae")
    CLIPTextModel(CLIPTextConfig(
        hidden_size=768, intermediate_size=3072, num_hidden_layers=12, num_attention_heads=12,
        vocab_size=49408, projection_dim=768, eos_token_id=2,
    )).half().save_pretrained(folder / "text_encoder")
    DPMSolverMultistepScheduler(
        beta_start=0.00085, beta_end=0.012, beta_schedule="scaled_linear", steps_offset=1,
    ).save_pretrained(folder / "scheduler")
    (folder / "model_index.json").write_text(json.dumps({
        "_class_name": "StableDiffusionPipeline", "_diffusers_version": "0.42.1",
        "scheduler": ["diffusers", "DPMSolverMultistepScheduler"],
        "text_encoder": ["transformers", "CLIPTextModel"], "tokenizer": ["transformers", "CLIPTokenizer"],
        "unet": ["diffusers", "UNet2DConditionModel"], "vae": ["diffusers", "AutoencoderKL"],
        "feature_extractor": [None, None], "safety_checker": [None, None], "requires_safety_checker": False,
    }))
    report(seconds=[])


def load_unet(folder):
    import torch
    from diffusers import UNet2DConditionModel

    return UNet2DConditionModel.from_pretrained(pathlib.Path(folder) / "unet", torch_dtype=torch.float32).eval()


def inputs():
    import torch

    g = torch.Generator().manual_seed(1)
    return torch.randn(LATENT, generator=g), torch.tensor([500.0]), torch.randn(CONTEXT, generator=g)


def export(folder):
    import torch

    unet = load_unet(folder)

    class Plain(torch.nn.Module):
        def forward(self, latent, timestep, context):
            return unet(latent, timestep, context, return_dict=False)[0]

    out = pathlib.Path(folder) / "exported"
    out.mkdir(exist_ok=True)
    torch.onnx.export(
        Plain(), inputs(), out / "unet.onnx", dynamo=True, external_data=True, opset_version=20,
        input_names=["latent", "timestep", "context"], output_names=["sample"],
    )
    report(seconds=[])


def timed(load, runs):
    began = time.perf_counter()
    run = load()
    loaded = time.perf_counter() - began
    began = time.perf_counter()
    run()
    first = time.perf_counter() - began
    seconds = []
    for _ in range(runs):
        began = time.perf_counter()
        run()
        seconds.append(time.perf_counter() - began)
    report(seconds=seconds, load_seconds=loaded, first_seconds=first)


def step(peer, folder, runs):
    exported = str(pathlib.Path(folder) / "exported" / "unet.onnx")

    def torch_run(dtype):
        import torch

        unet = load_unet(folder).to(dtype).to(memory_format=torch.channels_last)
        x, t, c = inputs()
        x, c = x.to(dtype), c.to(dtype)

        def run():
            with torch.inference_mode():
                unet(x, t, c)

        return run

    def onnxruntime_run():
        import onnxruntime

        session = onnxruntime.InferenceSession(exported, providers=["CPUExecutionProvider"])
        x, t, c = (v.numpy() for v in inputs())
        return lambda: session.run(None, {"latent": x, "timestep": t, "context": c})

    def openvino_run(precision):
        import openvino

        core = openvino.Core()
        compiled = core.compile_model(exported, "CPU", {"INFERENCE_PRECISION_HINT": precision})
        request = compiled.create_infer_request()
        x, t, c = (v.numpy() for v in inputs())
        return lambda: request.infer({"latent": x, "timestep": t, "context": c})

    def load():
        import torch

        return {
            "torch-fp32": lambda: torch_run(torch.float32),
            "torch-bf16": lambda: torch_run(torch.bfloat16),
            "onnxruntime": onnxruntime_run,
            "openvino-fp32": lambda: openvino_run("f32"),
            "openvino-bf16": lambda: openvino_run("bf16"),
        }[peer]()

    timed(load, runs)


class Enough(Exception):
    pass


def first(folder):
    """Process start to the end of the first of two steps, with guidance, as diffusers does it."""
    import torch
    from diffusers import StableDiffusionPipeline

    pipe = StableDiffusionPipeline.from_pretrained(folder, torch_dtype=torch.float32)
    pipe.set_progress_bar_config(disable=True)
    done = []

    def stop(pipeline, i, t, kwargs):
        done.append((time.perf_counter() - STARTED, sum(resource.getrusage(resource.RUSAGE_SELF)[:2])))
        raise Enough

    try:
        pipe("red tulips on a cream ground", num_inference_steps=2, guidance_scale=7.5, callback_on_step_end=stop,
             generator=torch.Generator().manual_seed(1))
    except Enough:
        pass
    report(seconds=[done[0][0]], cpu_seconds=done[0][1])


if __name__ == "__main__":
    command, *args = sys.argv[1:]
    if command == "model":
        make_model(*args)
    elif command == "export":
        export(*args)
    elif command == "step":
        step(args[0], args[1], int(args[2]))
    elif command == "first":
        first(*args)
    else:
        sys.exit(f"unknown command {command}\n{__doc__}")
