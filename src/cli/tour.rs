//! The tour, which `ganscope` runs when no command is given.

use std::path::{Path, PathBuf};

use super::interrupt;
use super::output::{note, result};
use super::train::train_and_report;
use crate::error::{AtPath, Error, Result};
use crate::report::{RunReport, write_page};
use crate::train::{Run, Settings, Trainer};

/// Points: 25 clusters with known centres, so that the clusters that G finds can be counted.
const GRID25: &str = r#"
data = "grid25"
gan = "nsgan"
steps = 10000
seed = 1
ema = 0.999
sample_every = 1000
checkpoint_every = 2500

# The learning rate falls towards the end, because the standard deviation of a cluster is only a fortieth
# of the distance between clusters.
[schedule]
generator = { kind = "cosine", over = 10000, floor = 0.02 }
discriminator = { kind = "cosine", over = 10000, floor = 0.02 }
"#;

/// Images: shapes that the program draws itself. They are upright and of the larger sizes, because two minutes
/// of training are too short to learn sixteen rotations as well.
const SPRITES: &str = r#"
gan = "nsgan"
steps = 1500
seed = 1
latent = 32
ema = 0.995
log_every = 20
sample_every = 250
checkpoint_every = 500

[data]
name = "sprites"
factors = { rotation = [0], scale = [2, 3, 4, 5] }

# Half as many channels as in the preset; training then takes a quarter of the time.
[generator]
layers = [
    { type = "dense", in = 32, out = 4096 },
    { type = "reshape", channels = 64, height = 8, width = 8 },
    { type = "batch_norm", features = 64 }, { type = "relu" },
    { type = "conv_transpose2d", in = 64, out = 32, kernel = 4, stride = 2, padding = 1 },
    { type = "batch_norm", features = 32 }, { type = "relu" },
    { type = "conv_transpose2d", in = 32, out = 1, kernel = 4, stride = 2, padding = 1 }, { type = "tanh" },
]

# One layer more than the preset, which enlarges the receptive field of D.
[discriminator]
init = "he"
layers = [
    { type = "conv2d", in = 1, out = 32, kernel = 4, stride = 2, padding = 1 }, { type = "leaky_relu" },
    { type = "conv2d", in = 32, out = 64, kernel = 4, stride = 2, padding = 1 },
    { type = "batch_norm", features = 64 }, { type = "leaky_relu" },
    { type = "conv2d", in = 64, out = 128, kernel = 4, stride = 2, padding = 1 },
    { type = "batch_norm", features = 128 }, { type = "leaky_relu" },
    { type = "flatten" }, { type = "dense", in = 2048, out = 1 },
]

# A falling learning rate makes the edges sharp.
[optimizer]
generator = { kind = "adam", lr = 2e-3 }
discriminator = { kind = "adam", lr = 2e-3 }

[schedule]
generator = { kind = "cosine", over = 1500, floor = 0.02 }
discriminator = { kind = "cosine", over = 1500, floor = 0.02 }
"#;

/// A stop of the tour: the name of its run directory, its settings, and its introduction.
struct Stop {
    name: &'static str,
    settings: &'static str,
    text: &'static str,
}

const STOPS: [Stop; 2] = [
    Stop {
        name: "grid25",
        settings: GRID25,
        text: "\
1. Points (grid25)
A generator G turns random numbers into points in the plane. A discriminator D learns to distinguish
these points from real ones, which lie in 25 small clusters. G learns to make points that D takes for
real. G may cover only a few of the clusters, which is called mode collapse; here we can count them.
L_D and L_G are the losses of D and G. When D can only guess, L_D is ln 4 = 1.386.",
    },
    Stop {
        name: "sprites",
        settings: SPRITES,
        text: "\
2. Images (sprites)
The same training with images: upright squares, ellipses and hearts of several sizes at many positions,
which the program draws itself. G and D are now convolutional networks. G never sees a real image. It
learns only from the gradient of D's output.",
    },
];

/// Trains the GAN of every stop into a run directory in `out`, and writes one page about all of them.
pub fn run(out: Option<&Path>, force: bool) -> Result<()> {
    let out = out.unwrap_or(Path::new("runs/tour"));
    check_directory(out, force)?;
    interrupt::install()?;
    result(&format!(
        "This tour trains two GANs, which takes about three minutes on two idle cores. It needs no internet \
         connection and writes only to {}.\n",
        out.display()
    ))?;
    let page = out.join("report.html");
    // If this tour is interrupted, the page of an earlier one must not remain beside the new runs.
    if page.exists() {
        std::fs::remove_file(&page).at(&page)?;
    }
    let mut reports = Vec::new();
    for stop in &STOPS {
        result(stop.text)?;
        let (config, data) = Settings::parse(stop.settings)?.resolve()?;
        let mut trainer = Trainer::new(config, data)?;
        let run = Run::create(&out.join(stop.name), trainer.config(), true)?;
        let report = train_and_report(&run, &mut trainer, 0.0)?;
        if let Some(verdict) = report.verdict() {
            result(&format!("{verdict}\n"))?;
        }
        reports.push(report);
    }
    write_page(&reports, "A tour of two GANs", &page)?;
    conclude(&reports, &page)
}

fn conclude(reports: &[RunReport], page: &Path) -> Result<()> {
    for report in reports {
        if let Some(coverage) = &report.coverage {
            result(&format!("{}\n{coverage}\n", report.title))?;
        }
    }
    result(&format!("report: {}", page.display()))?;
    note("Open the report in a browser. To train your own GAN, see: ganscope train --help");
    Ok(())
}

/// Refuses a directory that holds anything but an earlier tour, and also that one without `force`.
fn check_directory(out: &Path, force: bool) -> Result<()> {
    let page = out.join("report.html");
    let names: Vec<&str> = STOPS.iter().map(|stop| stop.name).collect();
    for entry in out.read_dir().into_iter().flatten() {
        let name = entry.at(out)?.file_name();
        let name = name.to_string_lossy();
        if name != "report.html" && !names.contains(&&*name) {
            return Err(Error::Usage(format!(
                "{} contains \"{name}\", which is not part of a tour; choose another --out",
                out.display()
            )));
        }
    }
    let stops: Vec<PathBuf> = names.iter().map(|stop| out.join(stop)).collect();
    // Files of other programs are checked first, because --force does not replace them.
    stops.iter().try_for_each(|stop| Run::vacant(stop, true))?;
    let has_runs = stops.iter().any(|stop| Run::vacant(stop, false).is_err());
    if !has_runs && page.exists() {
        return Err(Error::Usage(format!(
            "{} already exists and was not created by a tour; move it, or choose another --out",
            page.display()
        )));
    }
    if has_runs && !force {
        let held = if page.exists() {
            "already contains a tour, whose report is report.html"
        } else {
            "contains a tour that was interrupted"
        };
        return Err(Error::Usage(format!(
            "{} {held}; choose another --out, or use --force to replace it",
            out.display()
        )));
    }
    Ok(())
}
