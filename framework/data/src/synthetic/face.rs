//! The whole face, from back to front: hair behind, neck, head, features, hair in front.
//!
//! Coordinates are face units: x to the right of the picture, y down, the eyes' line at about
//! y = -3, a head about 46 high. Movements of the action units are exaggerated, as in a comic: a
//! full unit moves its part by 3 to 6 units, which stays visible when a frame of 64 pixels is
//! resized to 48.

use super::action::{Activation, Unit};
use super::canvas::{Canvas, Outline, Pose, Rgb};
use super::eyes;
use super::hair;
use super::identity::{Glasses, HairStyle, Identity};
use super::mouth;

/// How far a dropped jaw lowers the chin.
const CHIN_DROP: f32 = 5.0;

/// What is drawn: who, doing what, seen how.
pub(super) struct Face<'a> {
    pub identity: &'a Identity,
    pub action: &'a Activation,
    pub pose: &'a Pose,
}

impl<'a> Face<'a> {
    /// The activation of a unit.
    pub fn unit(&self, unit: Unit) -> f32 {
        self.action.get(unit)
    }

    /// The colour of folds and of lines in the skin.
    pub fn line(&self) -> Rgb {
        self.identity
            .skin
            .map(|c| c * (0.5 - 0.2 * self.identity.tone))
    }

    pub fn from(&self, x: f32, y: f32) -> Outline<'a> {
        Outline::from(self.pose, x, y)
    }

    pub fn ellipse(&self, x: f32, y: f32, rx: f32, ry: f32) -> Outline<'a> {
        Outline::ellipse(self.pose, x, y, rx, ry)
    }

    /// The lower end of the chin.
    pub fn chin(&self) -> f32 {
        self.identity.chin + CHIN_DROP * self.unit(Unit::JawDrop)
    }

    /// Draws everything.
    pub fn draw(&self, canvas: &mut Canvas) {
        hair::behind(self, canvas);
        self.body(canvas);
        self.head(canvas);
        hair::beard(self, canvas);
        mouth::draw(self, canvas);
        eyes::draw(self, canvas);
        mouth::nose(self, canvas);
        hair::in_front(self, canvas);
        eyes::brows(self, canvas);
        self.glasses(canvas);
    }

    fn body(&self, canvas: &mut Canvas) {
        let id = self.identity;
        let neck = self
            .from(-9.0, 12.0)
            .line(-9.5, 40.0)
            .line(9.5, 40.0)
            .line(9.0, 12.0);
        canvas.fill(neck, id.skin.map(|c| c * 0.72), 1.0);
        let shoulders = self
            .from(-38.0, 48.0)
            .quad(-34.0, 29.0, -9.5, 27.5)
            .quad(0.0, 34.0, 9.5, 27.5)
            .quad(34.0, 29.0, 38.0, 48.0);
        canvas.fill(shoulders, id.clothes, 1.0);
    }

    fn head(&self, canvas: &mut Canvas) {
        let (id, a, chin) = (self.identity, self.identity.half_width, self.chin());
        if id.hair_style != HairStyle::Headscarf && id.hair_style != HairStyle::Long {
            for side in [-1.0, 1.0] {
                canvas.fill(
                    self.ellipse(side * (a + 0.5), 0.0, 2.6, 4.2),
                    id.skin.map(|c| c * 0.85),
                    1.0,
                );
            }
        }
        canvas.fill(self.head_outline(1.0), id.skin.map(|c| c * 0.86), 1.0);
        canvas.fill(self.head_outline(0.93), id.skin, 1.0);
        // A little red on the cheeks, and the shadow beneath the lower lip.
        for side in [-1.0, 1.0] {
            canvas.fill(
                self.ellipse(side * 9.5, 5.5, 4.5, 3.5),
                [0.85, 0.35, 0.3],
                0.10,
            );
        }
        canvas.fill(
            self.ellipse(0.0, chin - 3.5, 4.0, 2.0),
            [1.0, 1.0, 1.0],
            0.08,
        );
        if id.age > 0.4 {
            for side in [-1.0, 1.0] {
                let fold = self
                    .from(side * 4.6, 5.0)
                    .quad(side * 7.5, 7.0, side * 8.3, 10.5);
                canvas.stroke(fold, 0.9, self.line(), 0.35 * id.age);
            }
        }
    }

    /// The outline of the head without hair, `inset` (1 or a little less) of its size.
    fn head_outline(&self, inset: f32) -> Outline<'a> {
        let id = self.identity;
        let (a, jaw, chin_width) = (
            id.half_width * inset,
            id.half_width * id.jaw * inset,
            id.chin_width * inset,
        );
        let (top, chin) = (-23.5 * inset, self.chin() - (1.0 - inset) * 8.0);
        let low = 10.0 + 2.0 * self.unit(Unit::JawDrop);
        self.from(0.0, top)
            .cubic((a * 0.75, top), (a, -14.0), (a, -4.0))
            .cubic((a, 2.0), (jaw + 0.6, 7.0), (jaw, low))
            .cubic(
                (jaw - 1.5, low + 6.0),
                (chin_width + 3.0, chin),
                (0.0, chin),
            )
            .cubic(
                (-chin_width - 3.0, chin),
                (-jaw + 1.5, low + 6.0),
                (-jaw, low),
            )
            .cubic((-jaw - 0.6, 7.0), (-a, 2.0), (-a, -4.0))
            .cubic((-a, -14.0), (-a * 0.75, top), (0.0, top))
    }

    fn glasses(&self, canvas: &mut Canvas) {
        let (id, y) = (self.identity, -2.8);
        let frame = [0.10, 0.09, 0.10];
        for side in [-1.0_f32, 1.0] {
            let x = side * id.eye_distance;
            let lens = match id.glasses {
                Glasses::None => return,
                Glasses::Round => self.ellipse(x, y, 6.0, 5.4),
                Glasses::Square => self
                    .from(x - 6.0, y - 4.4)
                    .line(x + 6.0, y - 4.4)
                    .line(x + 5.4, y + 4.6)
                    .line(x - 5.4, y + 4.6)
                    .line(x - 6.0, y - 4.4),
            };
            canvas.stroke(lens, 1.0, frame, 0.85);
            canvas.stroke(
                self.from(side * (id.eye_distance + 6.0), y - 1.0)
                    .line(side * id.half_width, y - 0.5),
                0.8,
                frame,
                0.8,
            );
        }
        canvas.stroke(
            self.from(-id.eye_distance + 6.0, y)
                .quad(0.0, y - 1.2, id.eye_distance - 6.0, y),
            1.0,
            frame,
            0.85,
        );
    }
}
