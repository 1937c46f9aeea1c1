//! The tour: what `ganscope` does when nothing is asked of it.

use std::path::{Path, PathBuf};

use super::interrupt;
use super::output::{note, result};
use super::train::go;
use crate::error::{AtPath, Error, Result};
use crate::report::{RunReport, write_page};
use crate::train::{Run, Settings, Trainer};

/// Points: 25 clusters whose places are known, so that success can be counted.
const GRID25: &str = r#"
data = "grid25"
gan = "nsgan"
steps = 10000
seed = 1
ema = 0.999
sample_every = 1000
checkpoint_every = 2500

# Small steps at the end: the clusters are a fiftieth of their distance wide.
[schedule]
generator = { kind = "cosine", over = 10000, floor = 0.02 }
discriminator = { kind = "cosine", over = 10000, floor = 0.02 }
"#;

/// Images: shapes that the program draws itself. Held upright and to the larger sizes, because two
/// minutes do not suffice to learn sixteen directions too.
const SPRITES: &str = r#"
gan = "nsgan"
steps = 2200
seed = 1
latent = 32
ema = 0.995
log_every = 20
sample_every = 200
checkpoint_every = 500

[data]
name = "sprites"
factors = { rotation = [0], scale = [2, 3, 4, 5] }

# Half the channels of the preset: a quarter of its time.
[generator]
layers = [
    { type = "dense", in = 32, out = 4096 },
    { type = "reshape", channels = 64, height = 8, width = 8 },
    { type = "batch_norm", features = 64 }, { type = "relu" },
    { type = "conv_transpose2d", in = 64, out = 32, kernel = 4, stride = 2, padding = 1 },
    { type = "batch_norm", features = 32 }, { type = "relu" },
    { type = "conv_transpose2d", in = 32, out = 1, kernel = 4, stride = 2, padding = 1 }, { type = "tanh" },
]

# A layer more than the preset: corners are seen at a distance.
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

# Edges turn sharp when the steps turn small.
[optimizer]
generator = { kind = "adam", lr = 1e-3 }
discriminator = { kind = "adam", lr = 1e-3 }

[schedule]
generator = { kind = "cosine", over = 2200, floor = 0.02 }
discriminator = { kind = "cosine", over = 2200, floor = 0.02 }
"#;

/// A stop of the tour: its folder, its settings, and what to know beforehand.
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
A generator G turns random numbers into points of the plane; a discriminator D learns to tell them
from real points, which lie in 25 small clusters. Each learns from the other's mistakes. G may fool D
with a few clusters and forget the rest (\"mode collapse\"); here that can be counted.
L_D and L_G are their losses. When D can only guess, L_D is ln 4 = 1.386.",
    },
    Stop {
        name: "sprites",
        settings: SPRITES,
        text: "\
2. Images (sprites)
The same game with images: upright squares, ellipses and hearts of many sizes and places, which the
program draws itself. G and D are now convolutional networks. G has never seen an image: all it knows
is what D's judgement tells it to change.",
    },
];

/// Trains at every stop into a folder of its own in `out`, and writes one page about all of them.
pub fn run(out: Option<&Path>, force: bool) -> Result<()> {
    let out = out.unwrap_or(Path::new("runs/tour"));
    vacant(out, force)?;
    interrupt::install()?;
    result(&format!(
        "A tour in two stops, under three minutes on two idle cores. It needs no network, and all it writes is in {}.\n",
        out.display()
    ))?;
    let page = out.join("report.html");
    // The page of an earlier tour would not be of the runs beside it, should this one be stopped.
    if page.exists() {
        std::fs::remove_file(&page).at(&page)?;
    }
    let mut reports = Vec::new();
    for stop in &STOPS {
        result(stop.text)?;
        let (config, data) = Settings::parse(stop.settings)?.resolve()?;
        let mut trainer = Trainer::new(config, data)?;
        let run = Run::create(&out.join(stop.name), trainer.config(), true)?;
        let report = go(&run, &mut trainer, 0.0)?;
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
    note("Open it in a browser. Then train your own: ganscope train --help");
    Ok(())
}

/// Refuses a folder that holds anything but an earlier tour, and that one unless `force`.
fn vacant(out: &Path, force: bool) -> Result<()> {
    let page = out.join("report.html");
    let mine: Vec<&str> = STOPS.iter().map(|stop| stop.name).collect();
    for entry in out.read_dir().into_iter().flatten() {
        let name = entry.at(out)?.file_name();
        let name = name.to_string_lossy();
        if name != "report.html" && !mine.contains(&&*name) {
            return Err(Error::Usage(format!(
                "{} holds \"{name}\", which is not of a tour; give another --out",
                out.display()
            )));
        }
    }
    let stops: Vec<PathBuf> = mine.iter().map(|stop| out.join(stop)).collect();
    // Foreign files come first: a tour that is in the way can be replaced, they cannot.
    stops.iter().try_for_each(|stop| Run::vacant(stop, true))?;
    let toured = stops.iter().any(|stop| Run::vacant(stop, false).is_err());
    match (toured, page.exists()) {
        (false, true) => Err(Error::Usage(format!(
            "{} is in the way, and there is no tour beside it; give another --out",
            page.display()
        ))),
        (true, whole) if !force => Err(Error::Usage(format!(
            "{} holds {}; give another --out, or --force to replace it",
            out.display(),
            match whole {
                true => "a tour already: open its report.html",
                false => "a tour that was stopped",
            }
        ))),
        _ => Ok(()),
    }
}
