//! The diagnosis of the gradient doctor as text and as a table.

use super::format::short;
use super::table::Table;
use crate::train::doctor::{EXTRA_UPDATES, FEWEST_LINES};
use crate::train::{Diagnosis, GameSigns, LayerSigns};

impl Diagnosis {
    /// Returns the measurements of each layer as a table.
    pub fn table(&self) -> Table {
        let caption = format!(
            "Layers at step {}, on the batches of the next step.\n\
             gradient: norm of the weight's gradient;\n\
             update/weight: norm of the next update relative to that of the weight;\n\
             spectral norm: spectral norm of the layer's linear map;\n\
             saturated: fraction of the activation function's outputs that are saturated.",
            self.step
        );
        let header = [
            "network",
            "layer",
            "gradient",
            "update/weight",
            "spectral norm",
            "saturated",
        ];
        let row = |table: Table, l: &LayerSigns| {
            let number = |v: Option<f64>| v.map_or("–".into(), short);
            let share = |v: f64| format!("{:.0} %", 100.0 * v);
            table.row([
                l.network.clone(),
                l.layer.clone(),
                number(l.gradient),
                number(l.update),
                number(l.spectral_norm),
                l.saturation.map_or("–".into(), share),
            ])
        };
        self.layers.iter().fold(Table::new(&caption, &header), row)
    }

    /// Returns the verdict with its evidence and remedies, followed by the measurements of the whole game.
    ///
    /// ```
    /// use ganscope::train::{Settings, Trainer};
    /// let (config, data) = Settings::parse("data = \"ring8\"\nbatch = 64")?.resolve()?;
    /// let diagnosis = Trainer::new(config, data)?.examine(&[])?;
    /// assert!(diagnosis.summary().starts_with("verdict   healthy"));
    /// assert_eq!(diagnosis.table().header[3], "update/weight");
    /// # Ok::<(), ganscope::Error>(())
    /// ```
    pub fn summary(&self) -> String {
        let mut lines = vec![format!("verdict   {}", self.verdict())];
        if self.ailments.is_empty() && self.game.lines < FEWEST_LINES {
            lines.push(
                "          so far; problems that take longer to appear cannot be ruled out yet"
                    .into(),
            );
        }
        for (i, ailment) in self.ailments.iter().enumerate() {
            if i > 0 {
                lines.push(format!("and       {}", ailment.disease));
            }
            lines.push(format!("evidence  {}", ailment.evidence));
            lines.push(format!("remedy    {}", ailment.remedy));
        }
        lines.push(String::new());
        lines.extend(game_lines(&self.game));
        lines.join("\n")
    }
}

/// The measurements of the whole game, one per line.
fn game_lines(game: &GameSigns) -> Vec<String> {
    let mut lines = Vec::new();
    if let Some(share) = game.d_loss_share {
        lines.push(format!(
            "L_D                {:.0} % of its value at equilibrium",
            100.0 * share
        ));
    }
    lines.push(format!(
        "optimality gap     {}, the amount by which {EXTRA_UPDATES} more updates of D would lower L_D",
        short(game.optimality_gap)
    ));
    lines.push(format!(
        "slope of L_G       {}, the mean |∂L_G/∂s| over D's scores s of generated samples",
        short(game.slope)
    ));
    lines.push(format!(
        "diversity          {}, the mean distance between generated samples divided by that between real samples",
        short(game.diversity)
    ));
    if let Some((spread, total)) = game.modes {
        lines.push(format!(
            "modes              {spread:.1} effective modes out of {total} (exponential of the entropy of their \
             shares)"
        ));
    }
    lines.push(match game.oscillation {
        Some(o) => format!(
            "oscillation        strength {} (at most 1), period {} lines of the log",
            short(o.strength),
            o.period
        ),
        None if game.lines < FEWEST_LINES => format!(
            "oscillation        not measured: this needs {FEWEST_LINES} lines of the log, but there {}",
            match game.lines {
                1 => "is 1".into(),
                lines => format!("are {lines}"),
            }
        ),
        None => "oscillation        none detected".into(),
    });
    if let Some([d, g]) = game.growth {
        lines.push(format!(
            "gradient norms     D {} times and G {} times its own median over the log",
            short(d),
            short(g)
        ));
    }
    let [d, g] = game.travel;
    lines.push(format!(
        "weight change      D {} and G {} of the norm of the initial weights",
        short(d.distance),
        short(g.distance)
    ));
    lines
}
