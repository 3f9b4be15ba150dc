//! Anti-aliased shapes in the coordinates of a turned head, drawn by tiny-skia.

use tiny_skia::{Color, FillRule, LineCap, Paint, PathBuilder, Pixmap, Stroke, Transform};

/// A colour; each part 0 to 1.
pub(super) type Rgb = [f32; 3];

/// `a` where `t` is 0, `b` where it is 1.
pub(super) fn mix(a: Rgb, b: Rgb, t: f32) -> Rgb {
    [0, 1, 2].map(|i| a[i] + (b[i] - a[i]) * t)
}

/// Where the head is in the picture and how it is turned.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Pose {
    /// Sine of the turn to the side; positive turns to the right of the picture.
    pub yaw: f32,
    /// Sine of the turn up (negative) or down (positive).
    pub pitch: f32,
    /// Tilt in radians, clockwise.
    pub roll: f32,
    /// Pixels a unit of the face's coordinates.
    pub scale: f32,
    /// Centre of the head in pixels.
    pub centre: [f32; 2],
}

/// Depth of the face's middle in front of its outline, in face units: how far a turn moves it.
const DEPTH: f32 = 9.0;

impl Pose {
    /// A point of the face (origin between eyes and nose, y downwards) in pixels. The face is taken for half
    /// of an ellipsoid, so a turn moves its middle and leaves its outline.
    pub fn point(&self, x: f32, y: f32) -> (f32, f32) {
        let depth = DEPTH
            * (1.0 - (x / 21.0).powi(2) - (y / 29.0).powi(2))
                .max(0.0)
                .sqrt();
        let (x, y) = (x + self.yaw * depth, y + self.pitch * depth);
        let (sin, cos) = self.roll.sin_cos();
        (
            self.centre[0] + self.scale * (x * cos - y * sin),
            self.centre[1] + self.scale * (x * sin + y * cos),
        )
    }
}

/// A path in face coordinates.
pub(super) struct Outline<'a> {
    pose: &'a Pose,
    path: PathBuilder,
}

impl<'a> Outline<'a> {
    pub fn from(pose: &'a Pose, x: f32, y: f32) -> Self {
        let mut path = PathBuilder::new();
        let (x, y) = pose.point(x, y);
        path.move_to(x, y);
        Self { pose, path }
    }

    pub fn line(mut self, x: f32, y: f32) -> Self {
        let (x, y) = self.pose.point(x, y);
        self.path.line_to(x, y);
        self
    }

    pub fn quad(mut self, cx: f32, cy: f32, x: f32, y: f32) -> Self {
        let (cx, cy) = self.pose.point(cx, cy);
        let (x, y) = self.pose.point(x, y);
        self.path.quad_to(cx, cy, x, y);
        self
    }

    pub fn cubic(mut self, a: (f32, f32), b: (f32, f32), to: (f32, f32)) -> Self {
        let (a, b, to) = (
            self.pose.point(a.0, a.1),
            self.pose.point(b.0, b.1),
            self.pose.point(to.0, to.1),
        );
        self.path.cubic_to(a.0, a.1, b.0, b.1, to.0, to.1);
        self
    }

    /// An ellipse round (x, y) with half axes (rx, ry): four cubic curves, within 0.03 % of it.
    pub fn ellipse(pose: &'a Pose, x: f32, y: f32, rx: f32, ry: f32) -> Self {
        const K: f32 = 0.5523;
        let (kx, ky) = (K * rx, K * ry);
        Self::from(pose, x + rx, y)
            .cubic((x + rx, y + ky), (x + kx, y + ry), (x, y + ry))
            .cubic((x - kx, y + ry), (x - rx, y + ky), (x - rx, y))
            .cubic((x - rx, y - ky), (x - kx, y - ry), (x, y - ry))
            .cubic((x + kx, y - ry), (x + rx, y - ky), (x + rx, y))
    }
}

/// The picture being drawn.
pub(super) struct Canvas {
    pub pixmap: Pixmap,
}

fn paint(colour: Rgb, alpha: f32) -> Paint<'static> {
    let [r, g, b] = colour.map(|c| (c.clamp(0.0, 1.0) * 255.0).round() as u8);
    let mut paint = Paint::default();
    paint.set_color(Color::from_rgba8(
        r,
        g,
        b,
        (alpha.clamp(0.0, 1.0) * 255.0).round() as u8,
    ));
    paint
}

impl Canvas {
    /// Fills a path; one that is empty or not finite draws nothing, and so does one too faint to see.
    pub fn fill(&mut self, outline: Outline, colour: Rgb, alpha: f32) {
        if alpha < 0.02 {
            return;
        }
        let mut builder = outline.path;
        builder.close();
        if let Some(path) = builder.finish() {
            let paint = paint(colour, alpha);
            self.pixmap.fill_path(
                &path,
                &paint,
                FillRule::Winding,
                Transform::identity(),
                None,
            );
        }
    }

    /// Draws along a path, `width` face units wide with round ends.
    pub fn stroke(&mut self, outline: Outline, width: f32, colour: Rgb, alpha: f32) {
        if alpha < 0.02 {
            return;
        }
        let width = width * outline.pose.scale;
        // A line thinner than a pixel is drawn a pixel wide and fainter, as a camera sees it.
        let (width, alpha) = if width < 1.0 {
            (1.0, alpha * width)
        } else {
            (width, alpha)
        };
        if let Some(path) = outline.path.finish() {
            let stroke = Stroke {
                width,
                line_cap: LineCap::Round,
                ..Stroke::default()
            };
            let paint = paint(colour, alpha);
            self.pixmap
                .stroke_path(&path, &paint, &stroke, Transform::identity(), None);
        }
    }
}
