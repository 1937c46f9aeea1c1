//! The methods of an explanation, in the order of the page.

use super::context::Context;
use super::section::Section;
use super::{
    attribution, copying, directions, disentanglement, effects, geometry, inversion, paths, probes,
    samples, units,
};
use crate::error::Result;
use crate::interpret::Subject;

/// A method of an explanation.
#[derive(Debug)]
pub struct Method {
    /// Name that `--only` takes.
    pub name: &'static str,
    /// Heading on the page.
    pub heading: &'static str,
    /// One line of description for the help text.
    pub summary: &'static str,
    /// Expected share of the computing time.
    pub(super) cost: f64,
    /// Says why the method does not apply, if it does not.
    pub(super) obstacle: fn(&Subject) -> Option<&'static str>,
    /// Runs the method.
    pub(super) run: fn(&mut Context<'_>, &mut Section) -> Result<()>,
}

/// Every method.
pub const METHODS: [Method; 11] = [
    Method {
        name: "samples",
        heading: "What G makes",
        summary: "generated samples, and how often each class or factor level occurs",
        cost: 1.0,
        obstacle: needs_generator,
        run: samples::run,
    },
    Method {
        name: "effects",
        heading: "What the directions change",
        summary: "what each direction in the latent space changes, in bits",
        cost: 34.0,
        obstacle: needs_generator,
        run: effects::run,
    },
    Method {
        name: "directions",
        heading: "The directions of each method",
        summary: "directions of SeFa, GANSpace, the Jacobian, labels and codes; stability and agreement",
        cost: 12.0,
        obstacle: needs_generator,
        run: directions::run,
    },
    Method {
        name: "paths",
        heading: "Paths between samples",
        summary: "linear and spherical interpolation between latents",
        cost: 1.0,
        obstacle: needs_generator,
        run: paths::run,
    },
    Method {
        name: "attribution",
        heading: "What D looks at",
        summary: "which inputs D's score and Q's codes depend on, with a check against random weights",
        cost: 12.0,
        obstacle: needs_discriminator,
        run: attribution::run,
    },
    Method {
        name: "units",
        heading: "What the units of G do",
        summary: "units of G that respond to one class or factor, and the effect of setting them to 0",
        cost: 14.0,
        obstacle: units::obstacle,
        run: units::run,
    },
    Method {
        name: "probes",
        heading: "What the layers of D know",
        summary: "linear probes on each layer of D, on the input and on random layers",
        cost: 16.0,
        obstacle: probes::obstacle,
        run: probes::run,
    },
    Method {
        name: "inversion",
        heading: "How well G can reproduce given samples",
        summary: "the z from which G makes training, held-out and foreign samples best",
        cost: 30.0,
        obstacle: inversion::obstacle,
        run: inversion::run,
    },
    Method {
        name: "copying",
        heading: "Whether G copies training samples",
        summary: "nearest training samples, and a test for copying",
        cost: 5.0,
        obstacle: copying::obstacle,
        run: copying::run,
    },
    Method {
        name: "disentanglement",
        heading: "How well codes and factors match",
        summary: "MIG, DCI, SAP, modularity and explicitness of Q's codes",
        cost: 6.0,
        obstacle: disentanglement::obstacle,
        run: disentanglement::run,
    },
    Method {
        name: "geometry",
        heading: "Where G stretches and collapses",
        summary: "singular values of the Jacobian, the area element on a plane, geodesics",
        cost: 14.0,
        obstacle: needs_generator,
        run: geometry::run,
    },
];

fn needs_generator(subject: &Subject) -> Option<&'static str> {
    subject
        .generator
        .is_none()
        .then_some("it examines a generator, and there is none")
}

fn needs_discriminator(subject: &Subject) -> Option<&'static str> {
    subject
        .discriminator
        .is_none()
        .then_some("it examines a discriminator, and there is none")
}
