//! What the gradient doctor found, as a table and in words.

use super::format::short;
use super::table::Table;
use crate::train::doctor::{EXTRA_UPDATES, FEWEST_LINES};
use crate::train::{Diagnosis, GameSigns, LayerSigns};

impl Diagnosis {
    /// The signs of every layer.
    pub fn table(&self) -> Table {
        let caption = format!(
            "Layer by layer at step {}, on the batches of the next step: norm of the weight's gradient, what the \
             next update changes of the weight, norm of the layer's operator, share of the activation function \
             that is flat",
            self.step
        );
        let header = [
            "network",
            "layer",
            "gradient",
            "update/weight",
            "spectral norm",
            "flat",
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

    /// The verdict with its evidence and what to try, and the game as a whole.
    ///
    /// ```
    /// use ganscope::train::{Settings, Trainer};
    /// let (config, data) = Settings::parse("data = \"ring8\"\nbatch = 64")?.resolve()?;
    /// let diagnosis = Trainer::new(config, data)?.examine(&[])?;
    /// assert!(diagnosis.words().starts_with("verdict   healthy"));
    /// assert_eq!(diagnosis.table().header[3], "update/weight");
    /// # Ok::<(), ganscope::Error>(())
    /// ```
    pub fn words(&self) -> String {
        let mut lines = vec![format!("verdict   {}", self.verdict())];
        if self.ailments.is_empty() && self.game.lines < FEWEST_LINES {
            lines.push("          so far: what takes time to show may still come".into());
        }
        for (i, ailment) in self.ailments.iter().enumerate() {
            if i > 0 {
                lines.push(format!("and       {}", ailment.disease));
            }
            lines.push(format!("evidence  {}", ailment.evidence));
            lines.push(format!("remedy    {}", ailment.remedy));
        }
        lines.push(String::new());
        lines.extend(of_game(&self.game));
        lines.join("\n")
    }
}

fn of_game(game: &GameSigns) -> Vec<String> {
    let mut lines = Vec::new();
    if let Some(share) = game.d_loss_share {
        lines.push(format!(
            "L_D                {:.0} % of its value at equilibrium",
            100.0 * share
        ));
    }
    lines.push(format!(
        "D's gap            {} that {EXTRA_UPDATES} more updates would take off L_D",
        short(game.optimality_gap)
    ));
    lines.push(format!(
        "let through        {} of D's slope, by L_G",
        short(game.slope)
    ));
    lines.push(format!(
        "diversity          {} of the distance between real samples",
        short(game.diversity)
    ));
    if let Some((spread, total)) = game.modes {
        lines.push(format!(
            "modes              {spread:.1} of {total}, counted by their evenness"
        ));
    }
    lines.push(match game.oscillation {
        Some(o) => format!(
            "oscillation        {} of 1, with a period of {} lines of the log",
            short(o.strength),
            o.period
        ),
        None if game.lines < FEWEST_LINES => format!(
            "oscillation        not judged: that takes {FEWEST_LINES} lines of the log, and there {}",
            match game.lines {
                1 => "is 1".into(),
                lines => format!("are {lines}"),
            }
        ),
        None => "oscillation        none seen".into(),
    });
    if let Some([d, g]) = game.growth {
        lines.push(format!(
            "gradient norms     D's {} and G's {} times their median",
            short(d),
            short(g)
        ));
    }
    let [d, g] = game.travel;
    lines.push(format!(
        "way so far         D's {} and G's {} of their first size",
        short(d.distance),
        short(g.distance)
    ));
    lines
}
