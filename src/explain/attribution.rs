//! Which inputs D's score and Q's code depend on.

use super::context::Context;
use super::pictures::{colour_shape, overlay};
use super::section::Section;
use crate::data::SampleShape;
use crate::error::{Result, counted};
use crate::interpret::{
    AttributedOutput, Attributions, IntegratedGradients, IntegratedGradientsSettings,
    MAXIMUM_MAP_CORRELATION, NetworkOutput, OcclusionSettings, SanityCheck, SanitySettings,
    SmoothGradSettings, gradient, integrated_gradients, occlusion, sanity_check, smooth_grad,
};
use crate::nn::Network;
use crate::report::format::short;
use crate::report::{Table, strips};

/// Number of real and of generated samples whose maps are drawn.
const DRAWN: usize = 4;
/// Number of steps of integrated gradients.
const STEPS: usize = 300;
/// Number of samples on which completeness and the check with random weights are computed.
const CHECKED: usize = 16;

pub(super) fn run(context: &mut Context<'_>, section: &mut Section) -> Result<()> {
    let Some(d) = &context.subject.discriminator else {
        return Ok(());
    };
    let objective = context.subject.objective.as_ref();
    if objective.is_some_and(|o| o.objective().reconstructs()) {
        section.finding(
            "D is an auto-encoder: its score is an error of reconstruction, which depends on every pixel. There is no score to \
             attribute.",
        );
        return Ok(());
    }
    let shape = d.spec().input.clone();
    let numel = shape.numel();
    let real = match &context.subject.data {
        Some(data) => data.dataset.sample(context.settings.seed, CHECKED / 2)?,
        None => Vec::new(),
    };
    let mut samples = real.clone();
    let generated = &context.generated[..(CHECKED / 2 * numel).min(context.generated.len())];
    samples.extend_from_slice(generated);
    if samples.is_empty() {
        section
            .finding("There are neither real nor generated samples on which D could be examined.");
        return Ok(());
    }
    let baseline = baseline(context, numel)?;
    let mut target = Target {
        d,
        name: "D's score",
        output: AttributedOutput::Column(0),
        shape: &shape,
        samples: &samples,
        real: real.len() / numel,
        baseline: &baseline,
    };
    examine(&target, context, section)?;
    if let Some(&classes) = context.subject.codes.categorical.first() {
        target.name = "Q's log-probability of value 0 of categorical code 1";
        target.output = AttributedOutput::LogProbability {
            first: 1,
            classes,
            class: 0,
        };
        examine(&target, context, section)?;
    }
    Ok(())
}

/// An output of D, and the samples on which it is examined.
struct Target<'a> {
    d: &'a Network,
    name: &'a str,
    output: AttributedOutput,
    shape: &'a SampleShape,
    /// Real samples, then generated ones.
    samples: &'a [f32],
    /// Number of real samples.
    real: usize,
    baseline: &'a [f32],
}

/// The mean of real samples, or of generated ones without data. A black image would be a poor baseline: near a constant
/// image the slope of layer norm is very large, and maps would be 0 wherever the sample is black.
fn baseline(context: &Context<'_>, numel: usize) -> Result<Vec<f32>> {
    let n = context.settings.latents;
    let samples = match &context.subject.data {
        Some(data) => {
            let n = data.dataset.len().map_or(n, |len| len.min(n));
            data.dataset.sample(context.settings.seed, n)?
        }
        None => context.generated.clone(),
    };
    let n = (samples.len() / numel).max(1) as f32;
    let mean = |j: usize| samples.iter().skip(j).step_by(numel).sum::<f32>() / n;
    Ok((0..numel).map(mean).collect())
}

fn examine(target: &Target<'_>, context: &Context<'_>, section: &mut Section) -> Result<()> {
    let &Target {
        d,
        name,
        ref output,
        shape,
        samples,
        real,
        baseline,
    } = target;
    let f = NetworkOutput::new(d, output.clone())?;
    let seed = context.settings.seed;
    let integrated = integrated_gradients(
        &f,
        samples,
        baseline,
        &IntegratedGradientsSettings {
            steps: STEPS,
            ..IntegratedGradientsSettings::default()
        },
    )?;
    let plain = gradient(&f, samples)?;
    let smooth = smooth_grad(
        &f,
        samples,
        &SmoothGradSettings {
            seed,
            ..SmoothGradSettings::default()
        },
    )?;
    let patches = occlusion(&f, shape, samples, baseline, &occlusion_settings(shape))?;
    let error = relative_error(&integrated);
    let settings = SanitySettings {
        seed,
        resamples: context.settings.replicates,
        ..SanitySettings::default()
    };
    let of_gradients = sanity_check(d, samples, &settings, |network, x| {
        Ok(gradient(&NetworkOutput::new(network, output.clone())?, x)?.maps)
    })?;
    let of_integrated = sanity_check(d, samples, &settings, |network, x| {
        let f = NetworkOutput::new(network, output.clone())?;
        let settings = IntegratedGradientsSettings {
            steps: CHECKED,
            ..IntegratedGradientsSettings::default()
        };
        Ok(integrated_gradients(&f, x, baseline, &settings)?
            .attributions
            .maps)
    })?;
    let correlation = |check: &SanityCheck| {
        let last = check.stages.last();
        last.map_or("–".into(), |stage| format!("{:.2}", stage.correlation))
    };
    for (maps, check) in [
        ("gradient", &of_gradients),
        ("integrated gradients", &of_integrated),
    ] {
        section.finding(format!(
            "{name}: the maps of the {maps} {} the check with random weights (rank correlation {} with the maps of a random \
             network; limit {MAXIMUM_MAP_CORRELATION}). {}",
            if check.is_passed { "pass" } else { "fail" },
            correlation(check),
            if check.is_passed {
                "This alone does not prove that they explain D."
            } else {
                "They show the sample more than what the network has learnt; do not interpret them."
            }
        ));
    }
    section.finding(format!(
        "{name}: the attributions of integrated gradients add up to the difference from the mean sample, with an error of at most \
         {:.2} % of the mean difference.",
        100.0 * error
    ));
    if let Some(half) = integrated.attributions.half_of_total() {
        section.finding(format!(
            "{name}: {:.0} % of the inputs hold half of the total |attribution| (integrated gradients).",
            100.0 * half
        ));
    }
    let methods = [
        ("gradient", &plain),
        ("SmoothGrad", &smooth.attributions),
        ("integrated gradients", &integrated.attributions),
        ("occlusion", &patches.attributions),
    ];
    match colour_shape(shape) {
        Some(colour) => {
            let caption = format!(
                "Gradient and SmoothGrad: making an orange pixel brighter raises {name}, a blue one lowers it. The other rows: orange pixels \
                 raise it compared with the mean sample, blue ones lower it. From left to right: {} and {}. ",
                counted(real.min(DRAWN), "real sample"),
                counted(DRAWN, "generated sample"),
            );
            let svg = maps(name, &colour, &methods, samples, real)?;
            section.figure(svg, caption);
        }
        None => columns(name, context, &integrated.attributions, section),
    }
    randomised(name, &of_gradients, &of_integrated, section);
    section.record(
        name,
        &serde_json::json!({
            "integrated_gradients": {
                "settings": integrated.settings,
                "baseline_value": integrated.baseline_value,
                "completeness_errors": integrated.completeness_errors,
                "largest_error_relative_to_mean_difference": error,
                "half_of_total": integrated.attributions.half_of_total(),
            },
            "smooth_grad": smooth.settings,
            "occlusion": patches.settings,
            "samples": samples.len() / shape.numel(),
            "real_samples": real,
            "sanity_check_gradient": of_gradients,
            "sanity_check_integrated_gradients": of_integrated,
        }),
    )
}

/// The largest completeness error, relative to the mean of |f(x) − f(x⁰)|.
fn relative_error(found: &IntegratedGradients) -> f64 {
    let values = &found.attributions.values;
    let differences = values.iter().map(|v| (v - found.baseline_value).abs());
    let mean = differences.sum::<f64>() / values.len().max(1) as f64;
    let errors = found.completeness_errors.iter().copied();
    errors.fold(0.0, f64::max) / mean
}

/// Patches of about an eighth of the side.
fn occlusion_settings(shape: &SampleShape) -> OcclusionSettings {
    match *shape {
        SampleShape::Image { height, width, .. } => {
            let patch = (height.min(width) / 8).max(1);
            OcclusionSettings {
                patch,
                stride: patch.div_ceil(2),
            }
        }
        SampleShape::Vector { .. } => OcclusionSettings::default(),
    }
}

/// The samples in the first row, and a row of maps for each method.
fn maps(
    name: &str,
    colour: &SampleShape,
    methods: &[(&str, &Attributions)],
    samples: &[f32],
    real: usize,
) -> Result<String> {
    let n = methods[0].1.n;
    let numel = samples.len() / n;
    let pixels = colour.numel() / 3;
    let drawn: Vec<usize> = (0..real.min(DRAWN))
        .chain(real..(real + DRAWN).min(n))
        .collect();
    let mut rows = Vec::new();
    let mut plain = Vec::new();
    for &i in &drawn {
        let sample = &samples[i * numel..][..numel];
        // A grey image in three channels, a colour image as it is.
        plain.extend(sample.iter().copied().cycle().take(3 * pixels));
    }
    rows.push(("sample".to_string(), plain));
    for (method, attributions) in methods {
        let mut row = Vec::new();
        for &i in &drawn {
            let sample = &samples[i * numel..][..numel];
            let map = attributions.map(i).unwrap_or_default();
            row.extend(overlay(sample, &over_channels(map, pixels)));
        }
        rows.push((method.to_string(), row));
    }
    strips(&format!("What {name} depends on"), colour, &rows)
}

/// The sum of a map [channels, pixels] over the channels.
fn over_channels(map: &[f64], pixels: usize) -> Vec<f64> {
    let of_pixel = |pixel: usize| map.iter().skip(pixel).step_by(pixels).sum();
    (0..pixels).map(of_pixel).collect()
}

/// The mean size of the attribution of each column of a table.
fn columns(name: &str, context: &Context<'_>, integrated: &Attributions, section: &mut Section) {
    let data = context.subject.data.as_ref();
    let names = data.map_or(Vec::new(), |d| d.dataset.description().columns.clone());
    let mut table = Table::new(
        &format!(
            "Mean size of the attribution of each input to {name}, by integrated gradients from the mean sample, over {}.",
            counted(integrated.n, "sample")
        ),
        &["input", "mean |attribution|"],
    );
    for j in 0..integrated.width {
        let sizes = integrated.maps.iter().skip(j).step_by(integrated.width);
        let mean = sizes.map(|v| v.abs()).sum::<f64>() / integrated.n as f64;
        let name = names
            .get(j)
            .cloned()
            .unwrap_or_else(|| format!("x{}", j + 1));
        table = table.row([name, short(mean)]);
    }
    section.table(table);
}

fn randomised(
    name: &str,
    of_gradients: &SanityCheck,
    of_integrated: &SanityCheck,
    section: &mut Section,
) {
    let table = Table::new(
        &format!(
            "Check with random weights (Adebayo et al. 2018), {name}: rank correlation of the maps with the original ones when \
             this layer and all later ones have random weights, with 95 % intervals over the samples."
        ),
        &["first random layer", "gradient", "integrated gradients"],
    );
    let cell = |stage: &crate::interpret::SanityStage| {
        format!(
            "{:.2} ({:.2} to {:.2})",
            stage.correlation, stage.interval.0, stage.interval.1
        )
    };
    let rows = of_gradients.stages.iter().zip(&of_integrated.stages);
    section.table(rows.fold(table, |table, (gradient, integrated)| {
        table.row([
            format!("layer {}", gradient.layer),
            cell(gradient),
            cell(integrated),
        ])
    }));
}
