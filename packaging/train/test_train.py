"""Tests of the training: python -m unittest (from this folder, in its environment)."""

import dataclasses
import os
import stat
import sys
import tempfile
import unittest
from unittest import mock

os.environ.setdefault("OMP_NUM_THREADS", "1")

import numpy as np
import torch

import corpus
import critic as criticism
import judge as judging
import text
import vae as autoencoder
from inking import InkError, find_inker, inked
from model import Objective, WrapConv2d, build_unet, wrap, wrap_convolutions
from muon import Muon, matrices, orthogonal
from sample import Model, alikened, averaged, repeated
from train import Beside, Plan, Training

HERE = os.path.dirname(os.path.abspath(__file__))
INKER = unittest.skipUnless(os.path.exists(find_inker()), "the command that inks is not built")


def streamer(folder):
    """The toy streamer as one executable file."""
    path = os.path.join(folder, "streamer")
    with open(path, "w", encoding="utf-8") as f:
        f.write(f"#!/bin/sh\nexec '{sys.executable}' '{os.path.join(HERE, 'toystream.py')}' \"$@\"\n")
    os.chmod(path, os.stat(path).st_mode | stat.S_IXUSR)
    return path


class Optimising(unittest.TestCase):
    def test_orthogonal(self):
        generator = torch.Generator().manual_seed(1)
        for shape in ((12, 12), (16, 90), (90, 16)):
            matrix = torch.randn(shape, generator=generator)
            near = orthogonal(matrix)
            self.assertEqual(near.shape, shape)
            u, s, v = torch.linalg.svd(matrix, full_matrices=False)
            values = (u.T @ near @ v.T).diagonal()
            # What is hardly there at all stays small; everything else comes near one.
            self.assertTrue((values[s > s[0] / 100] > 0.5).all() and (values < 1.3).all(), values)
            self.assertTrue(torch.allclose(near, u @ values.diag() @ v, atol=1e-3))

    def test_shares_add_up(self):
        def weights():
            generator = torch.Generator().manual_seed(2)
            found = [torch.nn.Parameter(torch.randn(shape, generator=generator)) for shape in ((4, 6), (5, 2, 3, 3), (7, 3))]
            for p in found:
                p.grad = torch.randn(p.shape, generator=generator)
            return found

        alone = weights()
        Muon(alone, 0.1).step()
        shares = []
        for number in range(2):
            Muon(weights(), 0.1, number=number, count=2, combine=lambda update: shares.append(update.clone())).step()
        self.assertTrue(((shares[0] == 0) | (shares[1] == 0)).all())
        together = weights()
        Muon(together, 0.1, number=0, count=2, combine=lambda update: update.copy_(shares[0] + shares[1])).step()
        for a, b in zip(alone, together):
            self.assertTrue(torch.equal(a, b))

    def test_every_parameter_has_one_optimiser(self):
        unet = build_unet(4, 32, (32, 64), 8)
        inner, outer = matrices(unet)
        self.assertEqual(sorted(map(id, inner + outer)), sorted(map(id, unet.parameters())))
        self.assertTrue(all(p.ndim > 1 for p in inner))
        self.assertIn(id(unet.conv_out.weight), map(id, outer))


class Words(unittest.TestCase):
    def test_each_word_is_one_token_and_clip_reads_the_files(self):
        from transformers import CLIPTokenizer

        words = ["tulips", "tulip", "half", "drop", "two", "colours", "scallops", "a", "leaves"]
        with tempfile.TemporaryDirectory() as folder:
            text.write_tokenizer(folder, words)
            reader = text.Reader(folder)
            ids = reader(words)
            self.assertTrue((ids[:, 2] == reader.end).all(), ids[:, :4])
            clip = CLIPTokenizer.from_pretrained(folder)
            for caption in ["Two tulips, half-drop", "zebra leaves; 7 colours", ""]:
                theirs = clip(caption, padding="max_length", max_length=text.TOKENS, truncation=True).input_ids
                self.assertEqual(list(reader([caption])[0]), theirs)

    def test_long_captions_keep_their_end(self):
        with tempfile.TemporaryDirectory() as folder:
            text.write_tokenizer(folder, ["leaf"])
            reader = text.Reader(folder)
            row = reader(["leaf " * 60])[0]
            self.assertEqual(row[-1], reader.end)
            self.assertNotEqual(row[-2], reader.end)
            self.assertEqual(reader.cut, 1)


class Autoencoder(unittest.TestCase):
    def test_encoder_is_the_projection_of_its_patch_alone(self):
        torch.manual_seed(0)
        vae = autoencoder.build(8, 8, (1, 1, 1, 1, 0))
        pictures = torch.rand(24, 3, 64, 64)
        pictures = (pictures + pictures.roll(1, 2) + pictures.roll(1, 3)) / 3
        kept = autoencoder.fit(vae, pictures)
        self.assertGreater(kept, 0.05)
        self.assertLess(kept, 1)
        with torch.no_grad():
            z = vae.encoder(pictures * 2 - 1)
            # Cutting the picture elsewhere on the grid moves the latents and changes nothing.
            moved = vae.encoder(pictures.roll((16, 32), (2, 3)) * 2 - 1)
            self.assertLess((moved - z.roll((1, 2), (2, 3))).abs().max().item(), 1e-5)
            # It is affine, and centred on the corpus.
            half = vae.encoder((pictures[:1] + pictures[1:2]) - 1)
            self.assertLess((half - (z[:1] + z[1:2]) / 2).abs().max().item(), 1e-5)
            self.assertLess(z.mean((0, 2, 3)).abs().max().item(), 1e-4)
            self.assertAlmostEqual(z.square().mean().sqrt().item(), autoencoder.LATENT_STD, delta=0.02)
            # Components are uncorrelated.
            flat = z.movedim(1, -1).reshape(-1, 8)
            c = torch.corrcoef(flat.T) - torch.eye(8)
            self.assertLess(c.abs().max().item(), 1e-3)

    def test_decoder_wraps(self):
        vae = autoencoder.make_seamless(autoencoder.build(4, 8, (1, 1, 1, 1, 0))).eval()
        z = torch.randn(1, 4, 4, 4)
        with torch.no_grad():
            a = autoencoder.decode(vae, z).roll((16, 48), (2, 3))
            b = autoencoder.decode(vae, z.roll((1, 3), (2, 3)))
        self.assertLess((a - b).abs().max().item(), 1e-5)


class Wrapping(unittest.TestCase):
    def test_pads_are_the_plane_of_the_repeat(self):
        h, w, p = 8, 12, 2
        cell = torch.arange(h * w).view(1, 1, h, w)
        for twist in (None, ("drop", 1, 2), ("drop", 1, 4), ("brick", 1, 3), ("brick", 2, 3)):
            padded = wrap(cell, p, twist)
            for y in range(-p, h + p):
                for x in range(-p, w + p):
                    cx, cy = x, y
                    if twist and twist[0] == "drop":
                        cy -= cx // w * h * twist[1] // twist[2]
                    if twist and twist[0] == "brick":
                        cx -= cy // h * w * twist[1] // twist[2]
                    self.assertEqual(padded[0, 0, y + p, x + p], cell[0, 0, cy % h, cx % w], (twist, x, y))

    def test_refuses_a_shift_between_samples(self):
        with self.assertRaises(ValueError):
            wrap(torch.zeros(1, 1, 4, 4), 1, ("drop", 1, 3))

    def test_the_unet_follows_the_lattice(self):
        torch.manual_seed(1)
        unet = wrap_convolutions(build_unet(4, 32, (16, 32, 32), 16), ("drop", 1, 2)).eval()
        self.assertTrue(all(isinstance(m, WrapConv2d) for m in unet.modules() if isinstance(m, torch.nn.Conv2d) and m.kernel_size[0] > 1))
        x, context, t = torch.randn(1, 4, 16, 16), torch.randn(1, 5, 32), torch.tensor([300])
        # A step of one stride to the right across a drop: what leaves comes back half a cell lower.
        def shift(v, n):
            wide = wrap(v, n, ("drop", 1, 2))
            return wide[..., n : n + 16, : 16]
        with torch.no_grad():
            a = shift(unet(x, t, context).sample, 4)
            b = unet(shift(x, 4), t, context).sample
        self.assertLess((a - b).abs().max().item(), 1e-4)


class Corpus(unittest.TestCase):
    def setUp(self):
        self.folder = tempfile.TemporaryDirectory()
        self.addCleanup(self.folder.cleanup)
        self.source = corpus.Source(streamer(self.folder.name), size=32)

    def test_blocks_are_the_same_each_time_and_hash_in_order(self):
        labels, pictures, digest = self.source.block(3)
        again = self.source.block(3)
        self.assertEqual(digest, again[2])
        self.assertEqual(labels[0]["index"], 3 * corpus.BLOCK)
        self.assertEqual(pictures.shape, (corpus.BLOCK, 32, 32, 3))
        one = next(iter(self.source.read(3 * corpus.BLOCK + 5, 1)))
        self.assertEqual(one[0], labels[5])
        self.assertTrue((one[1] == pictures[5]).all())
        other = self.source.block(4)[2]
        self.assertNotEqual(corpus.corpus_hash({0: digest, 1: other}), corpus.corpus_hash({0: other, 1: digest}))

    def test_of_what_is_seldom_every_third_drawing_is_wanted(self):
        often, _, digest = self.source.block(0)
        name = often[0]["family"]
        labels, pictures, same = dataclasses.replace(self.source, seldom=(name,)).block(0)
        self.assertEqual(digest, same)  # the hash is over all of them
        self.assertEqual(len(labels), len(pictures))
        self.assertEqual([label["index"] for label in labels], [label["index"] for label in often if label["family"] != name or label["index"] % 3 == 0])

    def test_a_broken_streamer_is_an_error(self):
        with self.assertRaisesRegex(corpus.CorpusError, "does not start"):
            corpus.Source(os.path.join(self.folder.name, "none")).header()
        with self.assertRaisesRegex(corpus.CorpusError, "ends too early|does not begin"):
            corpus.Source("/bin/echo").header()
        path = os.path.join(self.folder.name, "short")
        with open(path, "w", encoding="utf-8") as f:
            f.write("#!/bin/sh\nprintf 'selvcrp1\\001\\000\\000\\000\\020\\000\\000\\000\\001\\000\\000\\000\\000\\000\\000\\000\\377'\necho out of ink >&2\n")
        os.chmod(path, 0o755)
        with self.assertRaisesRegex(corpus.CorpusError, "out of ink"):
            list(corpus.Source(path).labels(0, 1))

    def test_stages_give_the_same_window_after_a_restart(self):
        for workers in (1, 2):
            feed = corpus.Feed(self.source, first_numbers, fresh=1, window=2, workers=workers)
            seen = [feed.stage(j) for j in range(3)]
            feed.close()
            later = corpus.Feed(self.source, first_numbers, fresh=1, window=2, workers=workers)
            later.restore(feed.record())
            self.assertEqual(later.stage(2), seen[2])
            later.close()
            self.assertEqual([int(part[0]) for part in seen[2]], [corpus.BLOCK, 2 * corpus.BLOCK])
            self.assertEqual(sorted(later.record()["digests"]), [0, 1, 2])
            self.assertEqual(sum(later.record()["counts"].values()), 3 * corpus.BLOCK)


def first_numbers(labels, _pictures):
    """What a feed keeps of a block in these tests: one array, of the number of its first drawing."""
    return (np.array([labels[0]["index"]]),)


class Groups(unittest.TestCase):
    def test_a_group_fills_its_picture(self):
        group = (np.random.default_rng(3).integers(0, 2, (8, 8, 3)) * 255).astype(np.uint8)
        group = np.kron(group, np.ones((4, 4, 1), np.uint8))
        twice = repeated(group, 2, 64)
        self.assertTrue((twice == np.tile(group, (2, 2, 1))).all())
        for times in (1, 3):
            filled = repeated(group, times, 64)
            self.assertEqual(filled.shape, (64, 64, 3))
            self.assertAlmostEqual(filled.mean() / group.mean(), 1, delta=0.05)
            # Its end goes on at its beginning.
            shifted = repeated(np.roll(group, group.shape[0] // 2, (0, 1)), times, 64)
            if times == 1:
                self.assertLessEqual(np.abs(np.roll(filled, 32, (0, 1)).astype(int) - shifted).max(), 2)

    @INKER
    def test_no_more_positions_than_asked_for(self):
        picture = np.zeros((64, 64, 3), np.uint8)
        picture[4:40, 4:40] = (255, 0, 0)
        picture[44:60, 4:40] = (0, 255, 0)
        picture[44:54, 44:54] = (0, 0, 255)
        for most, names in ((3, {(255, 0, 0), (0, 255, 0), (0, 0, 255)}), (2, {(255, 0, 0), (0, 255, 0)}), (1, {(255, 0, 0)})):
            shown, present = inked([picture], [most], 128)
            solid = 255 * (shown[0] > 127)  # borders are soft
            found = {tuple(c) for c in solid.reshape(-1, 3).tolist()} - {(0, 0, 0)}
            self.assertEqual((found, present), (names, [len(names)]))

    @INKER
    def test_inking_says_what_is_wrong(self):
        picture = np.zeros((16, 16, 3), np.uint8)
        with self.assertRaisesRegex(InkError, "inked 0 of 1 pictures: .*chips"):
            inked([picture], [0], 32, [(0, 0, 0)])
        with mock.patch.dict(os.environ, {"SELVAGE_INK": "/nowhere/ink"}), self.assertRaisesRegex(InkError, "go build"):
            inked([picture], [0], 32)
        self.assertEqual(inked([], [], 32)[0].shape, (0, 32, 32, 3))

    @unittest.skipUnless(os.path.exists(corpus.find_streamer()), "the streamer is not built")
    def test_groups_are_as_the_rules_have_them(self):
        source = corpus.Source(corpus.find_streamer(), group=True)
        labels = list(source.labels(0, 400))
        self.assertEqual([corpus.groups(label) for label in labels], [label["part"] for label in labels])
        for label in labels:
            read = corpus.read_full(label["full"])
            self.assertEqual(read, {k: label[k] for k in read})


class Places(unittest.TestCase):
    def test_places_that_a_layout_shows_alike(self):
        self.assertEqual(corpus.places("large hearts, half-drop, one-way, flat, two colours"), corpus.PLACES["half-drop"])
        self.assertEqual(corpus.places("sparse small vertical stripes, flat, two colours"), ((2, 0),))
        for caption in ("large hearts, half-drop, two-way, flat, two colours", "small gingham, flat, two colours", "small hearts, tossed, flat, one colour"):
            self.assertEqual(corpus.places(caption), ())
        torch.manual_seed(1)
        x = torch.randn(len(corpus.PLACES) + 1, 3, 8, 8)
        made = averaged(x, [*corpus.PLACES.values(), ()])
        self.assertTrue(torch.equal(made[-1], x[-1]))
        for cell, others in zip(made, corpus.PLACES.values()):
            for down, across in others:
                self.assertTrue(torch.allclose(cell, cell.roll((2 * down, 2 * across), (-2, -1)), atol=1e-6))

    def test_a_velocity_foresees_what_was_averaged(self):
        torch.manual_seed(2)
        x, v, a, alike = torch.randn(1, 3, 8, 8), torch.randn(1, 3, 8, 8), torch.tensor(0.3), [corpus.PLACES["brick"]]
        got = a.sqrt() * x - (1 - a).sqrt() * alikened(v, x, a, alike)
        self.assertTrue(torch.allclose(got, averaged(a.sqrt() * x - (1 - a).sqrt() * v, alike), atol=1e-5))


class Objectives(unittest.TestCase):
    def test_the_last_timestep_is_pure_noise_and_velocity_undoes(self):
        objective = Objective("cpu")
        z, e = torch.randn(4, 2, 4, 4), torch.randn(4, 2, 4, 4)
        t = torch.tensor([0, 300, 700, 999])
        x, v, weight = objective.noisy(z, e, t)
        self.assertLess((x[3] - e[3]).abs().max().item(), 1e-3)
        a = objective.alphas[t].view(-1, 1, 1, 1)
        self.assertLess((a.sqrt() * x - (1 - a).sqrt() * v - z).abs().max().item(), 1e-4)
        self.assertAlmostEqual(weight[3].item(), 1, places=5)
        self.assertLess(weight[0].item(), 0.05)

    def test_timesteps_are_spread(self):
        t = Objective("cpu").timesteps(2000, torch.Generator().manual_seed(0))
        # Most of them lie where shapes are decided, and some everywhere.
        self.assertAlmostEqual(((t >= 250) & (t < 700)).float().mean().item(), 0.6, delta=0.04)
        for tenth in range(10):
            self.assertGreater((t // 100 == tenth).sum().item(), 40)


class Resuming(unittest.TestCase):
    SMALL = {
        "size": 64, "latent_channels": 4, "unet_channels": (16, 32, 32), "text_width": 32, "text_layers": 1, "text_heads": 1,
        "decoder_width": 8, "decoder_blocks": (1, 1, 0, 0, 0), "text_labels": 512, "text_steps": 30, "vae_blocks": 1, "vae_steps": 4,
        "batch": 4, "steps": 8, "text_from": 3, "warmup": 2, "fresh": 1,
    }

    def training(self, folder):
        training = Training(os.path.join(folder, "run"), "cpu", streamer(folder), 1)
        training.log = lambda line: None
        training.csv = lambda row: None
        return training

    def test_a_stopped_training_ends_where_an_unbroken_one_does(self):
        torch.set_num_threads(1)
        weights = []
        for stops in ((), (3, 5)):
            with tempfile.TemporaryDirectory() as folder:
                for _ in range(len(stops) + 1):
                    training = self.training(folder)
                    training.begin(self.SMALL)
                    if stops:
                        stop_at = stops[0]
                        update = training_update(training, stop_at)
                        stops = stops[1:]
                    else:
                        update = None
                    training.run(0, 60)
                    del update
                self.assertEqual(training.state["step"], 8)
                weights.append([v.clone() for v in training.unet.state_dict().values()] + [v.clone() for v in training.average.values])
                if len(weights) == 2:
                    self.exported(training)
        for a, b in zip(*weights):
            self.assertTrue(torch.equal(a, b))

    def exported(self, training):
        """The folder loads in stock diffusers, and the card tells the corpus."""
        import json

        from diffusers import StableDiffusionPipeline

        folder = training.export()
        with open(os.path.join(folder, "lineage.json"), encoding="utf-8") as f:
            written = json.load(f)
        self.assertEqual(written["data"]["drawings"], corpus.BLOCK)
        digest = training.source().block(0)[2]
        self.assertEqual(written["data"]["first_block_sha256"], digest.hex())
        self.assertEqual(sum(written["data"]["families"].values()), corpus.BLOCK)
        self.assertEqual(len(written["training"]["sessions"]), 3)
        pipe = StableDiffusionPipeline.from_pretrained(folder)
        pipe.set_progress_bar_config(disable=True)
        image = pipe("small dots", num_inference_steps=2, height=64, width=64).images[0]
        self.assertEqual(image.size, (64, 64))
        # A new training takes over from the folder alone.
        heir = Training(training.path("..", "heir"), "cpu", training.streamer, 1)
        heir.log = lambda line: None
        heir.adopt(folder, {})
        heir.begin({"steps": 9})
        heir.prepare()
        self.assertEqual((heir.state["step"], heir.plan.steps), (8, 9))
        for a, b in zip(heir.unet.state_dict().values(), training.unet.state_dict().values()):
            self.assertTrue(torch.equal(a, b))
        self.assertEqual(heir.state["feed"]["digests"][0], digest)
        self.other_drawings(training, folder, written)

    def other_drawings(self, training, folder, parent):
        """Where it goes on with other drawings, the lineage keeps both corpora."""
        import json

        heir = Training(training.path("..", "other"), "cpu", training.streamer, 1)
        heir.log, heir.csv = lambda line: None, lambda row: None
        with self.assertRaisesRegex(SystemExit, "latent_channels"):
            heir.adopt(folder, {"latent_channels": 8})
        heir.adopt(folder, {"figures": 3, "group": True, "steps": 11, "batch": 2})
        heir.begin({})
        heir.run(0, 60)
        self.assertEqual((heir.state["step"], heir.state["samples"], heir.plan.since), (11, 8 * 4 + 3 * 2, 8))
        for part in ("judge", "eval"):
            asked = heir.source(part)
            self.assertEqual((asked.figures, asked.group, asked.size), (0, False, 128))
        again = heir.export()
        with open(os.path.join(again, "lineage.json"), encoding="utf-8") as f:
            written = json.load(f)
        before = written["data"].pop("earlier")
        self.assertEqual([b["corpus_sha256"] for b in before], [parent["data"]["corpus_sha256"]])
        self.assertEqual(before[0]["until"], 8)
        self.assertEqual((written["data"]["figures"], written["data"]["group"]), (3, True))
        model = Model.load(again)
        labels = list(heir.source("eval").labels(0, 4))
        made = model.pictures([label["full"] for label in labels], steps=2)
        self.assertEqual(made.shape, (4, 64, 64, 3))
        self.assertEqual(judging.shown(model, made, labels).shape, (4, 128, 128, 3))
        self.assertNotEqual(written["data"]["first_block_sha256"], before[0]["first_block_sha256"])
        self.assertEqual(written["data"]["first_block_sha256"], heir.source().block(0)[2].hex())
        third = Training(training.path("..", "third"), "cpu", training.streamer, 1)
        third.log = lambda line: None
        third.adopt(again, {"decoder_blocks": (2, 1, 0, 0, 0), "batch": 4})
        third.begin({"steps": 12})
        third.prepare()
        self.assertEqual([b["until"] for b in third.state["earlier"]], [8])
        # Its drawings are those that follow, with batches of another size, and its decoder makes the same pictures for the time being.
        self.assertEqual((third.plan.since, third.plan.stage_at(11)), (11, 1))
        latents = torch.randn(1, 4, 4, 4)
        self.assertTrue(torch.allclose(autoencoder.decode(third.vae, latents), autoencoder.decode(heir.vae.float(), latents), atol=1e-6))
        third.prepare_vae(6)
        self.assertFalse(torch.equal(autoencoder.decode(third.vae, latents), autoencoder.decode(heir.vae, latents)))
        fourth = Training(training.path("..", "fourth"), "cpu", training.streamer, 1)
        fourth.log = lambda line: None
        fourth.adopt(again, {})
        fourth.begin({})
        fourth.take_decoder(third.folder)
        fourth.prepare()
        self.assertEqual((fourth.plan.decoder_blocks, fourth.vae_result["steps"]), ((2, 1, 0, 0, 0), 6))
        self.assertTrue(torch.equal(autoencoder.decode(third.vae, latents), autoencoder.decode(fourth.vae, latents)))

        fifth = Training(training.path("..", "fifth"), "cpu", training.streamer, 1)
        fifth.log, fifth.csv = lambda line: None, lambda row: None
        fifth.adopt(again, {"unet_channels": (32, 32), "reads_from": 0, "text_width": 16, "steps": 2})
        fifth.begin({})
        fifth.run(0, 60)
        # Taught anew in another shape, from the first drawing on, with the autoencoder as it was.
        self.assertEqual((fifth.state["step"], fifth.plan.since, fifth.plan.begun), (2, 0, 0))
        self.assertTrue(torch.allclose(autoencoder.decode(fifth.vae, latents), autoencoder.decode(heir.vae.float(), latents), atol=1e-6))
        with open(os.path.join(fifth.export(), "lineage.json"), encoding="utf-8") as f:
            written = json.load(f)
        self.assertEqual([b.get("kept") for b in written["data"]["earlier"]], [None, "the autoencoder alone"])
        self.assertEqual(written["architecture"]["unet"]["down_block_types"], ["CrossAttnDownBlock2D"] * 2)

    def test_the_rate_falls_to_zero_from_where_it_is_told_to(self):
        plan = Plan(since=100, steps=1 << 40, warmup=10, cool=0.4, rate=1.0)
        ends = plan.falling_from(400)
        falling = dataclasses.replace(plan, steps=ends)
        self.assertEqual((ends, falling.rate_at(399), falling.rate_at(400)), (600, 1.0, 1.0))
        self.assertLess(falling.rate_at(401), 1.0)
        self.assertLess(falling.rate_at(599), 1e-3)

    def test_a_plan_does_not_change_under_a_training(self):
        with tempfile.TemporaryDirectory() as folder:
            training = self.training(folder)
            training.begin(self.SMALL)
            again = self.training(folder)
            again.begin({"steps": 20})
            self.assertEqual(again.plan, dataclasses.replace(training.plan, steps=20))
            with self.assertRaises(SystemExit):
                self.training(folder).begin({"batch": 8})

    def test_the_rate_rises_stays_and_falls(self):
        plan = Plan(steps=1000, warmup=10, cool=0.4, rate=1.0)
        self.assertAlmostEqual(plan.rate_at(4), 0.5)
        self.assertEqual(plan.rate_at(500), 1.0)
        self.assertAlmostEqual(plan.rate_at(800), 0.5, places=2)
        self.assertLess(plan.rate_at(999), 1e-4)
        later = dataclasses.replace(plan, since=500, steps=1500)
        self.assertEqual([later.rate_at(500 + k) for k in (4, 500, 800)], [plan.rate_at(k) for k in (4, 500, 800)])
        self.assertEqual(later.stage_at(500), 0)


def training_update(training, stop_at):
    """Asks the training to stop after the step stop_at, as a signal would."""
    follow = training.batch_of

    def watched(drawings, step):
        if step + 1 == stop_at:
            training.stop = True
        return follow(drawings, step)

    training.batch_of = watched
    return watched


def _together(number, folder):
    """One of two processes that learn from a batch together."""
    torch.set_num_threads(1)
    torch.distributed.init_process_group("gloo", init_method=f"file://{folder}/meet", rank=number, world_size=2)
    beside = Beside()
    layer, batch = Together.layer(), torch.arange(24.0).view(8, 3)
    layer(beside.share(batch)).square().mean().backward()
    beside.average_gradients([*layer.parameters(), torch.nn.Parameter(torch.zeros(2))])  # the last has no gradient
    stops = [beside.any(False), beside.any(number == 1)]
    written = os.path.join(folder, "written")

    def work():
        if number == 0:
            with open(written, "w", encoding="utf-8") as f:
                f.write("x")
        return os.path.exists(written)

    torch.save({"gradients": [p.grad for p in layer.parameters()], "stops": stops, "found": beside.after_first(work), "first": beside.first}, os.path.join(folder, f"{number}.pt"))
    torch.distributed.destroy_process_group()


class Together(unittest.TestCase):
    @staticmethod
    def layer():
        layer = torch.nn.Linear(3, 2)
        with torch.no_grad():
            layer.weight.copy_(torch.tensor([[1.0, -2, 3], [0.5, 0, -1]]))
            layer.bias.zero_()
        return layer

    def test_two_processes_have_the_gradients_of_one(self):
        layer, batch = self.layer(), torch.arange(24.0).view(8, 3)
        layer(batch).square().mean().backward()
        with tempfile.TemporaryDirectory() as folder:
            torch.multiprocessing.spawn(_together, (folder,), 2)
            for number in range(2):
                kept = torch.load(os.path.join(folder, f"{number}.pt"), weights_only=True)
                self.assertEqual((kept["stops"], kept["found"], kept["first"]), ([False, True], True, number == 0))
                for a, p in zip(kept["gradients"], layer.parameters()):
                    self.assertTrue(torch.allclose(a, p.grad))

    def test_one_alone_has_all(self):
        alone = Beside()
        self.assertTrue(alone.first and alone.any(True) and not alone.any(False))
        self.assertEqual(alone.share(list(range(5))), list(range(5)))


class Criticism(unittest.TestCase):
    def test_learns_the_toy_drawings_and_is_kept(self):
        torch.set_num_threads(1)
        with tempfile.TemporaryDirectory() as folder:
            source = corpus.Source(streamer(folder), "train", size=64)
            vae = autoencoder.build(4, 8, (1, 1, 0, 0, 0))
            pictures = source.block(0)[1][:256]
            autoencoder.fit(vae, torch.from_numpy(pictures).movedim(-1, 1).float() / 255)
            critic, result = criticism.train(source, vae, lambda line: None, blocks=1, passes=6, trips=0.1)
            self.assertGreater(result["groups"]["family"]["right"], 0.8)
            criticism.save(critic, result, os.path.join(folder, "critic"), {"drawings": 1024})
            again, said = criticism.load(os.path.join(folder, "critic"))
            self.assertEqual(said["result"], result)
            here, there = (criticism.opinions(c, pictures[:8])["family"] for c in (critic, again))
            self.assertTrue(torch.allclose(here, there, atol=1e-5))
            # Where a cell is cut is nothing to it, and folding changed nothing but the rounding to fp16.
            moved = criticism.opinions(again, np.roll(pictures[:8], (16, 32), (1, 2)))["family"]
            self.assertTrue(torch.allclose(moved, there, atol=1e-4))
        self.assertEqual(criticism.load(folder), (None, None))

    def test_the_best_of_a_few_is_kept(self):
        labels = [{"positions": 1}] * 3

        class Likes(criticism.Choice):
            def look(self, pictures, places):
                return torch.tensor([float(p) for p in pictures]), torch.tensor([p >= 7 for p in pictures])

        worth = [[3, 9, 5], [5, 0, 6], [4, 0, 9]]
        asked = []

        def sample(n, places):
            asked.append(list(places))
            return [worth[n][i] for i in places]

        kept, firsts, tries = Likes(None, labels).best(sample, 3)
        self.assertEqual((list(kept), list(firsts), tries, asked), ([5, 9, 9], [3, 9, 5], [3, 1, 3], [[0, 1, 2], [0, 2], [0, 2]]))

    @INKER
    def test_positions_that_did_not_come_out_cost(self):
        critic = criticism.Critic({"family": ["a", "b"], "layout": ["c", "d"]}, folded=True).eval()
        two = np.zeros((64, 64, 3), np.uint8)
        two[:20, :, 0], two[30:50, :, 1] = 255, 255
        for asked, missing in ((1, 0), (2, 0), (4, 2)):
            label = {"family": "a", "layout": "", "positions": asked}
            score, _ = criticism.Choice(critic, [label]).look(two[None], [0])
            here = criticism.opinions(critic, inked([two], [asked], 64)[0])["family"][0, 0].item()
            self.assertAlmostEqual(score.item(), here - missing * criticism.MISSING, places=4)


class Judging(unittest.TestCase):
    def test_learns_the_toy_drawings(self):
        torch.set_num_threads(1)
        with tempfile.TemporaryDirectory() as folder:
            source = corpus.Source(streamer(folder), "judge", size=64)
            vae = autoencoder.build(4, 8, (1, 1, 0, 0, 0))
            pictures = source.block(0)[1][:256]
            autoencoder.fit(vae, torch.from_numpy(pictures).movedim(-1, 1).float() / 255)
            judge, result = judging.train(source, source, vae, folder, lambda line: None, blocks=2, trips=0.1, passes=4)
            self.assertGreater(result["drawings"]["family"]["right"], 0.9)
            self.assertGreater(result["drawings"]["positions"]["right"], 0.9)
            again, stored = judging.load(folder)
            self.assertEqual(stored, result)
            self.assertEqual(judging.verdicts(again, pictures[:8]), judging.verdicts(judge, pictures[:8]))

    def test_a_cover_follows_its_planes(self):
        pictures = (np.random.default_rng(1).integers(0, 2, (4, 32, 32, 3)) * 255).astype(np.uint8)
        for order in ([1, 2, 0], [2, 1, 0], [2, 0, 1]):
            self.assertTrue(torch.equal(judging.cover(pictures[..., order]), judging.permuted(judging.cover(pictures), order)))

    def test_work_in_processes_comes_back_in_order(self):
        for processes in (1, 2, 3, 9):
            found = judging.beside(lambda part: [i * i for i in part], 5, processes)
            self.assertEqual(sum(found, []), [0, 1, 4, 9, 16])

    def test_a_question_without_an_answer_is_not_asked(self):
        judge = judging.Judge({"family": ["a", "b"], "layout": ["c"], "positions": ["1"], "scale": ["s"]}, width=4).eval()
        row = judging.score(judge, np.zeros((2, 128, 128, 3), np.uint8), [{"family": "a", "layout": ""}, {"family": "b", "layout": "c"}])
        self.assertEqual(row["family"]["asked"], 2)
        self.assertEqual(row["layout"]["asked"], 1)
        self.assertIsNone(row["scale"]["right"])


if __name__ == "__main__":
    unittest.main()
