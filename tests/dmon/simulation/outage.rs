//! The Engine ends, in order or not, and comes back.

use std::time::Duration;

use dmon::monitor::container::ContainerId;
use dmon::monitor::event::Action;

use super::host::{Happening, Host};
use super::life::Deed;
use super::troubles::Ending;
use super::truth::{Absence, By, Why};

impl Host {
    pub(super) fn engine_ends(&mut self, ending: Ending) {
        if !self.engine.is_up {
            return;
        }
        self.note_all(|| format!("ENGINE ends: {ending:?}"));
        let now = self.now();
        let ups: Vec<(ContainerId, u32)> = self
            .engine
            .vessels
            .iter()
            .filter(|(_, vessel)| vessel.is_up())
            .map(|(id, vessel)| (id.clone(), vessel.run))
            .collect();
        let mut over = Duration::from_millis(500);
        let stream = self.served.as_ref().map(|served| served.id);
        if ending == Ending::Ordered {
            for (id, _) in &ups {
                self.engine.says(id, Action::Kill { signal: "15".to_owned() }, now);
            }
            for (id, run) in ups {
                let dies = self.life.millis(10, 3_000);
                let end = Deed::End(id.clone(), run, 143, Why::Engine);
                self.queue(dies, Happening::Deed(end));
                let said = Deed::Says(id, Action::Stop);
                self.queue(dies + Duration::from_millis(1), Happening::Deed(said));
                over = over.max(dies);
            }
            over += Duration::from_secs(5);
            self.queue(Duration::from_millis(300), Happening::EngineAnswers(false));
        } else {
            self.engine.answers = false;
        }
        self.engine.is_up = false;
        self.hand_on();
        if let Some(stream) = stream {
            self.queue(over, Happening::StreamEnds(stream));
        }
        let away = self.dice.pick(&[3_000, 8_000, 20_000, 60_000, 300_000]);
        let away = self.life.millis(away, away * 2);
        self.engine.truth.absences.push(Absence {
            from: now,
            to: now + over + away,
            restarted: ending != Ending::Live,
        });
        self.queue(over + away, Happening::EngineStarts(ending));
    }

    pub(super) fn engine_starts(&mut self, ending: Ending) {
        self.note_all(|| format!("ENGINE starts after {ending:?}"));
        let now = self.now();
        self.engine.is_up = true;
        if ending == Ending::Reboot {
            self.boot += 1;
        }
        let back = if ending == Ending::Live {
            self.engine.wait_for_policy()
        } else {
            self.engine.come_back(now)
        };
        let by = if ending == Ending::Live { By::Policy } else { By::Engine };
        for id in back {
            let takes = self.life.millis(1, 2_500);
            self.queue(takes, Happening::Deed(Deed::Start(id, by)));
        }
        if ending != Ending::Live {
            for (after, deed) in self.life.tasks_anew(&self.engine) {
                self.queue(after + Duration::from_secs(2), Happening::Deed(deed));
            }
        }
        self.queue(Duration::from_secs(1), Happening::EngineAnswers(true));
    }
}
