"""Made the pictures of this folder, once, so that the tests read what other programs write.

    python3 -m venv v && v/bin/pip install pillow==13.0.0 psd-tools==1.26.0 tifffile==2026.3.3 imagecodecs
    v/bin/python make.py            # and Debian's imagemagick for the PSDs of 16 bit

Channel c of pixel (x, y) is value(c, x, y, bits): the tests know it as well.
"""
import os, subprocess
import numpy as np, tifffile
from PIL import Image, ImageCms

W, H = 37, 23


def value(c, x, y, bits):
    v = (x * (5 + 2 * c) + y * (11 - 3 * c) + 40 * c) % 256
    return v if bits == 8 else v * 257 ^ (x + y) & 15


def picture(channels, bits):
    a = np.zeros((H, W, channels), np.uint8 if bits == 8 else np.uint16)
    for y in range(H):
        for x in range(W):
            for c in range(channels):
                a[y, x, c] = value(c, x, y, bits)
    return a


def tiffs():
    for bits in (8, 16):
        rgb, cmyk, gray = picture(3, bits), picture(4, bits), picture(1, bits)[:, :, 0]
        for comp in ("none", "lzw", "deflate", "packbits"):
            kw = {} if comp == "none" else {"compression": comp}
            if comp in ("lzw", "deflate"):
                kw["predictor"] = 2
            tifffile.imwrite(f"rgb{bits}-{comp}.tif", rgb, photometric="rgb", rowsperstrip=7, resolution=(300, 150), resolutionunit=2, **kw)
        tifffile.imwrite(f"rgb{bits}-planar.tif", np.moveaxis(rgb, 2, 0), photometric="rgb", planarconfig="separate", rowsperstrip=5, compression="lzw", predictor=2)
        tifffile.imwrite(f"rgb{bits}-tiles.tif", rgb, photometric="rgb", tile=(16, 16), compression="deflate", predictor=2)
        tifffile.imwrite(f"rgb{bits}-planartiles.tif", np.moveaxis(rgb, 2, 0), photometric="rgb", planarconfig="separate", tile=(16, 16))
        tifffile.imwrite(f"rgb{bits}-big.tif", rgb, photometric="rgb", bigtiff=True)
        tifffile.imwrite(f"rgb{bits}-motorola.tif", rgb, photometric="rgb", byteorder=">", compression="lzw", predictor=2)
        tifffile.imwrite(f"rgba{bits}.tif", cmyk, photometric="rgb", extrasamples=["unassalpha"])
        tifffile.imwrite(f"gray{bits}.tif", gray, photometric="minisblack")
        tifffile.imwrite(f"white{bits}.tif", gray, photometric="miniswhite")
        tifffile.imwrite(f"cmyk{bits}.tif", cmyk, photometric="separated", compression="lzw")
    tifffile.imwrite("float.tif", (picture(3, 16) / 65535).astype(np.float32), photometric="rgb", compression="deflate", predictor=3)
    p = Image.fromarray(picture(3, 8)).quantize(16, dither=0)
    p.save("palette.tif", compression="tiff_lzw")
    p.convert("RGB").save("palette.png")
    one = Image.fromarray(picture(1, 8)[:, :, 0]).point(lambda v: 255 * (v > 128)).convert("1")
    one.save("fax4.tif", compression="group4")
    one.save("fax3.tif", compression="group3")
    one.save("onebit.tif", compression="packbits")
    one.convert("L").save("onebit.png")
    j = Image.fromarray(picture(3, 8)).resize((64, 48), Image.BICUBIC)
    j.save("jpeg.tif", compression="jpeg", quality=95)
    Image.open("jpeg.tif").convert("RGB").save("jpeg-tif.png")


def jpegs():
    smooth = Image.fromarray(picture(3, 8)[:8, :10]).resize((61, 47), Image.BICUBIC)
    for name, sub in (("444", 0), ("422", 1), ("420", 2)):
        sharp = Image.fromarray(picture(3, 8)[:16, :20]).resize((61, 47), Image.NEAREST)
        sharp.save(f"{name}.jpg", quality=92, subsampling=sub, dpi=(254, 254))
        Image.open(f"{name}.jpg").convert("RGB").save(f"{name}-jpg.png")
    smooth.convert("CMYK").save("cmyk.jpg", quality=95)
    Image.open("cmyk.jpg").convert("CMYK").save("cmyk-jpg.tif")
    gen = "a vine\nNegative prompt: text\nSteps: 20, Sampler: Euler a, CFG scale: 7, Seed: 99, Model: m"
    e = Image.Exif()
    e[0x8769] = {0x9286: b"UNICODE\0" + gen.encode("utf-16be")}
    smooth.save("automatic.jpg", exif=e.tobytes(), quality=50)
    small = Image.fromarray(picture(3, 8))
    for o in range(1, 9):
        e = Image.Exif()
        e[0x0112] = o
        small.save(f"turn{o}.png", exif=e.tobytes())


def webps():
    rgba = Image.fromarray(picture(4, 8))
    rgba.save("lossless.webp", lossless=True, exact=True)
    smooth = Image.fromarray(picture(3, 8)[:8, :10]).resize((61, 47), Image.BICUBIC)
    e = Image.Exif()
    e[0x0112] = 6
    smooth.save("lossy.webp", quality=90, exif=e.tobytes(), icc_profile=ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes())
    Image.open("lossy.webp").convert("RGB").transpose(Image.ROTATE_270).save("lossy-webp.png")
    alpha = smooth.convert("RGBA")
    alpha.putalpha(Image.fromarray(picture(1, 8)[:8, :10, 0]).resize((61, 47)))
    alpha.save("alpha.webp", quality=90)
    Image.open("alpha.webp").save("alpha-webp.png")


def psds():
    from psd_tools import PSDImage
    from psd_tools.constants import BlendMode, Compression
    psd = PSDImage.new("RGBA", (W, H))
    base = psd.create_pixel_layer(Image.fromarray(picture(3, 8)), name="Grund", top=0, left=0, compression=Compression.RLE)
    group = psd.create_group(name="Blüten")
    a = psd.create_pixel_layer(Image.fromarray(picture(4, 8)[:10, :12]), name="petal", top=5, left=-3, compression=Compression.ZIP)
    b = psd.create_pixel_layer(Image.fromarray(picture(4, 8)[:9, :7]), name="stem", top=16, left=32, compression=Compression.RAW)
    a.opacity, a.blend_mode = 128, BlendMode.MULTIPLY
    b.visible = False
    group.append(a)
    group.append(b)
    psd.save("layers.psd")
    psd = PSDImage.new("RGBA", (W, H))
    m = psd.create_pixel_layer(Image.fromarray(picture(3, 8)[:12, :20]), name="masked", top=3, left=5)
    m.create_mask(Image.fromarray(picture(1, 8)[:14, :9, 0]), top=1, left=8)
    m.mask._data.background_color = 0
    c = psd.create_pixel_layer(Image.fromarray(picture(4, 8)), name="clipped", top=0, left=0)
    c.clipping = True
    psd.save("masks.psd")
    for src in ("rgb16-none", "cmyk8", "gray8"):  # not from TIFF: its byte order would go into the PSD's layers
        subprocess.run(["convert", src + ".tif", "-endian", "MSB", src + ".miff"], check=True)
    for name, args in {
        "rgb16-rle.psd": ["-compress", "RLE"], "rgb16-zip.psd": ["-compress", "Zip"], "rgb16.psb": ["-compress", "RLE"],
    }.items():
        subprocess.run(["convert", "rgb16-none.miff", "rgb16-none.miff", "(", "rgb16-none.miff", "-crop", "20x11+4+6", "-set", "label", "upper", ")",
                        "-endian", "MSB", "-depth", "16", *args, name], check=True)
    for src, name in (("rgb16-none", "flat16"), ("cmyk8", "cmyk"), ("gray8", "gray")):
        subprocess.run(["convert", src + ".miff", "-endian", "MSB", name + ".psd"], check=True)
        os.remove(src + ".miff")


tiffs()
jpegs()
webps()
psds()
