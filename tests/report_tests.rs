//! The HTML report of synthetic runs: complete, self-contained, escaped and small.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use base64::Engine as _;
use ganscope::data::Mixture;
use ganscope::evaluate::mode_coverage;
use ganscope::random::{Stream, standard_normal};
use ganscope::report::{Grid, Plane, RunReport, page};
use ganscope::train::{Record, read_metrics};

/// Losses and norms like those of a real log: a transient, then noise around the equilibrium.
fn records(n: u64) -> Vec<Record> {
    let noise = standard_normal(3, Stream::Data, 0, 6 * n as usize);
    let record = |i: u64| {
        let e: Vec<f64> = noise[6 * i as usize..][..6]
            .iter()
            .map(|&v| f64::from(v))
            .collect();
        let t = (-(i as f64) / n as f64 * 6.0).exp();
        Record {
            step: 10 * (i + 1),
            d_loss: 4f64.ln() - 0.9 * t + 0.05 * e[0],
            g_loss: 2f64.ln() + 1.6 * t + 0.08 * e[1],
            d_real: (0.5 + 0.4 * t + 0.02 * e[2]).clamp(0.0, 1.0),
            d_fake: (0.5 - 0.4 * t + 0.02 * e[3]).clamp(0.0, 1.0),
            lr_g: 2e-4,
            lr_d: 2e-4,
            grad_norm_d: 0.08 * (0.4 * e[4] + 2.0 * t).exp(),
            grad_norm_g: 0.5 * (0.4 * e[5] + 3.0 * t).exp(),
            samples_per_second: 51_200.0 + 900.0 * e[0],
            seconds: i as f64 * 0.02,
            extra: BTreeMap::new(),
        }
    };
    (0..n).map(record).collect()
}

/// Points around the first `modes` centres with a standard deviation of `blur` · σ, and a D that is high at the other
/// centres.
fn plane(mixture: Mixture, modes: usize, blur: f64, side: f64, sharpness: f64) -> Plane {
    let noise = standard_normal(4, Stream::Data, 0, 5000);
    let point = |(i, e): (usize, &[f32])| {
        let c = mixture.centres[i % modes];
        [0, 1].map(|k| (c[k] + blur * mixture.sigma * f64::from(e[k])) as f32)
    };
    let samples = noise.chunks_exact(2).enumerate().map(point).collect();
    let range = (-side, side);
    let probability = |p: &[f32; 2]| {
        let near = |c: &[f64; 2]| {
            let d2 = (f64::from(p[0]) - c[0]).powi(2) + (f64::from(p[1]) - c[1]).powi(2);
            (-d2 / (0.02 * side * side)).exp()
        };
        let (made, missed) = mixture.centres.split_at(modes);
        let score = missed.iter().map(near).sum::<f64>() - 0.4 * made.iter().map(near).sum::<f64>();
        (1.0 / (1.0 + (-sharpness * score).exp())) as f32
    };
    let values = Grid::nodes(range, range, 64, 64)
        .iter()
        .map(probability)
        .collect();
    let discriminator = Grid::new(range, range, 64, 64, values).unwrap();
    Plane {
        mixture,
        samples,
        discriminator,
    }
}

fn grids(folder: &Path) -> Vec<(u64, PathBuf)> {
    let write = |k: u32| {
        let path = folder.join(format!("step-{k:06}.png"));
        let pixel = |x: u32, y: u32| {
            let (u, v) = ((x % 16) as f32 - 7.5, (y % 16) as f32 - 7.5);
            let size = 2.0 + ((x / 16 + y / 16) % 4) as f32;
            let soft = 1.0 + 12.0 / (1.0 + k as f32);
            let on = 1.0 / (1.0 + ((u.hypot(v) - size) / soft * 2.0).exp());
            image::Rgb([
                (255.0 * on) as u8,
                (180.0 * on) as u8,
                60 + (120.0 * on) as u8,
            ])
        };
        image::RgbImage::from_fn(128, 128, pixel)
            .save(&path)
            .unwrap();
        (u64::from(k) * 1000, path)
    };
    (0..24).map(write).collect()
}

fn run(title: &str, plane: Plane) -> RunReport {
    RunReport {
        title: title.into(),
        settings_toml:
            "gan = \"nsgan\"\nseed = 1\n\n[optimizer]\nname = \"adam\" # β₁ < β₂ & both < 1\n"
                .into(),
        records: records(2000),
        coverage: Some(mode_coverage(&plane.samples, &plane.mixture).unwrap()),
        plane: Some(plane),
        reference: Some(("ln 4".into(), 4f64.ln())),
        notes: vec!["Synthetic numbers: <nobody> trained this.".into()],
        ..RunReport::default()
    }
    .summarise()
}

fn page_of_two_runs(folder: &Path) -> String {
    let good = run(
        "Non-saturating GAN on ring8",
        plane(Mixture::ring8(), 8, 1.0, 1.5, 2.5),
    );
    let mut collapsed = run(
        "GAN on grid25, \"collapsed\"",
        plane(Mixture::grid25(), 17, 1.4, 5.2, 5.0),
    );
    collapsed.grids = grids(folder);
    page(&[good, collapsed], "Two runs & <one> page").unwrap()
}

/// Checks that every element is closed by its own tag, in order, and returns the number of elements.
fn elements(html: &str) -> usize {
    let void = ["meta", "link", "img", "input", "br"];
    let mut open: Vec<&str> = Vec::new();
    let mut count = 0;
    let mut rest = html;
    while let Some(start) = rest.find('<') {
        rest = &rest[start + 1..];
        let end = rest.find('>').expect("a tag ends");
        let (tag, after) = (&rest[..end], &rest[end + 1..]);
        rest = after;
        if tag.starts_with('!') {
            continue;
        }
        if let Some(name) = tag.strip_prefix('/') {
            assert_eq!(open.pop(), Some(name), "before {rest:.80}");
            continue;
        }
        count += 1;
        let name = tag.split([' ', '/', '\n']).next().unwrap();
        if tag.ends_with('/') || void.contains(&name) {
            continue;
        }
        open.push(name);
        if ["script", "style"].contains(&name) {
            rest = &rest[rest.find(&format!("</{name}>")).expect("closed")..];
        }
    }
    assert!(open.is_empty(), "never closed: {open:?}");
    count
}

#[test]
fn a_page_is_complete_and_loads_nothing_from_the_network() {
    let folder = tempfile::tempdir().unwrap();
    let html = page_of_two_runs(folder.path());
    // `GANSCOPE_KEEP_PAGE=page.html cargo test --test report_tests` keeps the page for inspection.
    if let Some(path) = std::env::var_os("GANSCOPE_KEEP_PAGE") {
        std::fs::write(path, &html).unwrap();
    }
    assert!(html.len() < 2_000_000, "{} bytes", html.len());
    assert!(elements(&html) > 500);

    let without_namespace = html.replace("http://www.w3.org/2000/svg", "");
    for sign in [
        "http://", "https://", "@import", "url(", "//fonts", ">NaN", "\"NaN", " NaN",
    ] {
        assert!(!without_namespace.contains(sign), "{sign}");
    }
    for attribute in ["src=\"", "href=\""] {
        for value in html.split(attribute).skip(1) {
            assert!(
                value.starts_with("data:") || value.starts_with("#section-"),
                "{value:.60}"
            );
        }
    }
}

#[test]
fn every_embedded_image_is_a_png() {
    let folder = tempfile::tempdir().unwrap();
    let html = page_of_two_runs(folder.path());
    let pictures: Vec<&str> = html.split("data:image/png;base64,").skip(1).collect();
    // Two planes with a colour scale each, and 16 of the 24 sample grids.
    assert_eq!(pictures.len(), 2 * 2 + 16);
    for picture in pictures {
        let encoded = picture.split('"').next().unwrap();
        let bytes = base64::engine::general_purpose::STANDARD
            .decode(encoded)
            .unwrap();
        let decoded = image::load_from_memory_with_format(&bytes, image::ImageFormat::Png).unwrap();
        assert!(decoded.width() >= 64, "{}", decoded.width());
    }
}

#[test]
fn text_is_escaped_and_the_verdicts_are_shown() {
    let folder = tempfile::tempdir().unwrap();
    let html = page_of_two_runs(folder.path());
    assert!(html.contains("<h1>Two runs &amp; &lt;one&gt; page</h1>"));
    assert!(html.contains("&lt;nobody&gt;") && !html.contains("<nobody>"));
    assert!(html.contains("β₁ &lt; β₂ &amp; both &lt; 1"));
    assert!(html.contains("Training succeeded: the generator covers all 8 modes"));
    assert!(html.contains("Thick lines: running means"));
    assert!(html.contains("The generator collapsed: it misses 8 of 25 modes"));
    assert!(html.contains("8 of 25 modes are missed"));
    for word in [
        "lang=\"en\"",
        "name=\"viewport\"",
        "alt=\"generated samples at step 23,000\"",
    ] {
        assert!(html.contains(word), "{word}");
    }
}

#[test]
fn a_diverged_log_is_read_back_unchanged_and_has_a_page() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("metrics.jsonl");
    let mut log = records(50);
    log[40].d_loss = f64::NAN;
    let lines: Vec<String> = log
        .iter()
        .map(|r| serde_json::to_string(r).unwrap())
        .collect();
    std::fs::write(&path, lines.join("\n") + "\n{\"step\": 9").unwrap();
    let read = read_metrics(&path).unwrap();
    assert_eq!(read.len(), 50);
    // Not assert_eq: its message would be fifty records long.
    assert!(read[..40] == log[..40] && read[41..] == log[41..]);

    let run = RunReport {
        title: "broken".into(),
        records: read,
        ..RunReport::default()
    };
    let html = page(&[run.summarise()], "Report").unwrap();
    assert!(html.contains("a loss is not finite at step 410"));
    assert!(!html.contains(">NaN") && !html.contains("NaN,"));
    elements(&html);
}

#[test]
fn without_modes_the_verdict_is_the_output_of_d_after_100_steps() {
    let verdict = |steps: u64, real: f64, fake: f64| {
        let mut records = records(5);
        for (i, record) in records.iter_mut().enumerate() {
            record.step = steps / 5 * (i as u64 + 1);
            (record.d_real, record.d_fake) = (real, fake);
        }
        let run = RunReport {
            title: "short".into(),
            records,
            ..RunReport::default()
        };
        // A short log is drawn without running means.
        assert!(
            !page(std::slice::from_ref(&run), "short")
                .unwrap()
                .contains("Thin lines:")
        );
        run.verdict().unwrap()
    };
    assert_eq!(
        verdict(10, 0.5, 0.5),
        "After 10 steps, it is too early for a verdict."
    );
    assert!(verdict(100, 0.52, 0.48).contains("can hardly distinguish"));
    assert!(verdict(100, 0.69, 0.58).contains("can partly distinguish"));
    assert!(verdict(100, 0.9, 0.1).contains("can distinguish most"));
}
