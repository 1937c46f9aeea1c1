//! Where G stretches, folds and collapses its latent space.

use super::context::Context;
use super::finder::found;
use super::pictures::heat;
use super::section::Section;
use crate::data::SampleShape;
use crate::error::{Result, counted};
use crate::interpret::{
    Direction, GeodesicSettings, geodesics, jacobian_spectrum, random_directions, slice_geometry,
};
use crate::report::format::short;
use crate::report::{Curves, Table, strips};

/// Number of latents at which the Jacobian is computed.
const LATENTS: usize = 64;
/// Number of points along each side of the plane, and of samples along each side of its picture.
const NODES: usize = 25;
const DRAWN: usize = 7;
/// The plane reaches from −REACH to REACH along both directions.
const REACH: f64 = 3.0;
/// Side of a node of the map in pixels.
const SCALE: usize = 8;
/// Number of pairs of latents between which geodesics are searched.
const PAIRS: usize = 8;

pub(super) fn run(context: &mut Context<'_>, section: &mut Section) -> Result<()> {
    let g = context.subject.generator()?;
    let latent = context.latent();
    let spectrum = jacobian_spectrum(g, context.first(LATENTS))?;
    section.finding(format!(
        "At a typical latent, the participation ratio of the squared singular values of G's Jacobian is {:.1} of {}: the number of \
         equally strong directions that would give the same ratio ({:.1} for a random matrix).",
        spectrum.participation_ratio.median,
        counted(latent, "direction"),
        spectrum.random_participation_ratio
    ));
    let values = spectrum.median_singular_values.iter().enumerate();
    let chart = Curves::new("Singular values of ∂G/∂z", "rank", "median over latents")
        .series("G", values.map(|(i, v)| (i as f64 + 1.0, *v)))
        .log_y();
    section.figure(
        chart.svg()?,
        format!(
            "Singular values of G's Jacobian for {} latent variables, the largest first: medians over {}.",
            latent,
            counted(spectrum.n, "latent")
        ),
    );
    section.details("Protocol", spectrum.to_string());
    section.record("spectrum", &spectrum)?;
    if latent >= 2 {
        plane(context, section)?;
    }
    paths(context, section)
}

/// The area element on the plane of the two leading directions.
fn plane(context: &Context<'_>, section: &mut Section) -> Result<()> {
    let g = context.subject.generator()?;
    let latent = context.latent();
    let random = random_directions(latent, 2, context.settings.seed)?;
    let (u, v) = match leading_pair(context)? {
        Some(pair) => pair,
        None => (&random.all[0], &random.all[1]),
    };
    let origin = vec![0.0; latent];
    let line = |n: usize| -> Vec<f64> {
        let step = 2.0 * REACH / (n - 1) as f64;
        (0..n).map(|i| -REACH + step * i as f64).collect()
    };
    let nodes = line(NODES);
    let slice = slice_geometry(g, &origin, u, v, &nodes, &nodes)?;
    if slice.collapsed > 0.0 || slice.stretched > 0.0 {
        section.finding(format!(
            "On the plane of \"{}\" and \"{}\", {:.0} % of the area is collapsed (below a hundredth of the median) and {:.0} % \
             is stretched (above a hundred times the median).",
            u.name,
            v.name,
            100.0 * slice.collapsed,
            100.0 * slice.stretched
        ));
    }
    let known = || slice.log_area.iter().flatten().copied();
    let range = known().fold(f64::MIN, f64::max) - known().fold(f64::MAX, f64::min);
    let side = NODES * SCALE;
    let map = SampleShape::Image {
        channels: 3,
        height: side,
        width: side,
    };
    let image = heat(&slice.log_area, NODES, SCALE);
    section.figure(
        strips("Logarithm of the area element", &map, &[(String::new(), image)])?,
        format!(
            "How much G enlarges a small square, from dark (least, on this plane) to yellow (most: {} times as much). Across: {}; \
             down: {}; both from −3 to 3.",
            short(range.exp()),
            v.name, u.name
        ),
    );
    if let Some(shape) = context.image() {
        let steps = line(DRAWN);
        let mut rows = Vec::new();
        for s in &steps {
            let mut row = Vec::new();
            for t in &steps {
                row.extend(
                    context
                        .subject
                        .generate(&v.walk(&u.walk(&origin, *s), *t))?,
                );
            }
            rows.push((String::new(), row));
        }
        section.figure(
            strips("The samples on the same plane", shape, &rows)?,
            "The samples at the same places: they change fastest where the map is yellow.",
        );
    }
    section.record("plane", &slice)
}

/// The first two directions of the page that span a plane.
fn leading_pair<'a>(context: &'a Context<'_>) -> Result<Option<(&'a Direction, &'a Direction)>> {
    let selected = &found(context)?.selected.all;
    Ok(match &selected[..] {
        [u, rest @ ..] => {
            // A second direction that is nearly the first one spans no plane.
            let other = rest.iter().find(|v| v.similarity(u) < 0.9);
            other.map(|v| (u, v))
        }
        [] => None,
    })
}

/// The length of straight paths against that of geodesics.
fn paths(context: &Context<'_>, section: &mut Section) -> Result<()> {
    let g = context.subject.generator()?;
    let half = PAIRS * context.latent();
    if context.z.len() < 2 * half {
        return Ok(());
    }
    let settings = GeodesicSettings {
        segments: 8,
        evaluations: 100,
        seed: context.settings.seed,
        ..GeodesicSettings::default()
    };
    let found = geodesics(g, &context.z[..half], &context.z[half..2 * half], &settings)?;
    let converged = found.all.iter().filter(|path| path.converged).count();
    if let Some(ratio) = &found.ratio {
        section.finding(format!(
            "The shortest paths that were found between two latents are {:.0} % as long in sample space as the straight ones \
             (median of {}; {converged} searches converged, so the true shortest paths may be shorter).",
            100.0 * ratio.median,
            counted(found.all.len(), "pair")
        ));
    }
    let table = Table::new(
        "Length of the straight path in z and of the shortest path that was found, both measured in sample space.",
        &["pair", "straight", "shortest found", "converged"],
    );
    section.table(
        found
            .all
            .iter()
            .enumerate()
            .fold(table, |table, (i, path)| {
                table.row([
                    (i + 1).to_string(),
                    short(path.straight_length),
                    short(path.length),
                    if path.converged { "yes" } else { "no" }.into(),
                ])
            }),
    );
    section.record("geodesics", &found)
}
