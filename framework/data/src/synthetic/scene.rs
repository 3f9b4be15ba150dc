//! What is round the face and between it and the picture: background, light, camera.

use super::action::Activation;
use super::canvas::{Canvas, Outline, Pose, Rgb, mix};
use super::difficulty::Difficulty;
use super::face::Face;
use super::identity::{Identity, pick};
use rand::rngs::ChaCha8Rng;
use rand::{Rng, RngExt};
use tiny_skia::{Color, Pixmap};

/// Width and height of a frame in pixels.
pub const SIZE: usize = 64;

/// Values in a row of a frame.
const ROW: usize = SIZE * 3;

/// What is seen behind the head.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[allow(missing_docs)]
pub(super) enum Backdrop {
    Plain,
    Gradient,
    Curtain,
    Window,
    Foliage,
}

/// Where the light comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[allow(missing_docs)]
pub(super) enum LightFrom {
    Front,
    Left,
    Right,
    Above,
}

/// All that stays the same while a clip lasts, apart from the person.
#[derive(Debug, Clone)]
pub(super) struct Scene {
    pub backdrop: Backdrop,
    pub colour: Rgb,
    second: Rgb,
    pub light: LightFrom,
    /// How much darker the far side of the picture is, 0 to 1.
    pub shade: f32,
    /// Factor on all values: below 1 underexposed.
    pub exposure: f32,
    /// Factor on each colour.
    cast: Rgb,
    /// Standard deviation of the noise in parts of full white.
    pub noise: f32,
    /// Share of a pixel's value that its neighbours in a row or column get.
    pub blur: f32,
    pose: Pose,
    drift: [Sway; 5],
}

/// A slow swing: amplitude, cycles a frame, phase.
type Sway = [f32; 3];

impl Scene {
    /// A new scene.
    pub fn draw(rng: &mut ChaCha8Rng, difficulty: &Difficulty) -> Self {
        let (turn, tilt, drift) = (difficulty.turn, difficulty.tilt, difficulty.drift);
        let colour = [
            rng.random_range(0.1..0.95),
            rng.random_range(0.1..0.95),
            rng.random_range(0.1..0.95),
        ];
        // Most backdrops are pale or dull: mix with grey.
        let grey = rng.random_range(0.15..0.9);
        let colour = mix(colour, [grey; 3], rng.random_range(0.0..0.8));
        let light = pick(
            rng,
            &[
                LightFrom::Front,
                LightFrom::Left,
                LightFrom::Right,
                LightFrom::Above,
            ],
        );
        let warm = rng.random_range(-0.08..0.08);
        let mut sway = |amplitude: f32| {
            [
                amplitude * rng.random_range(0.2..1.0),
                rng.random_range(0.01..0.04),
                rng.random_range(0.0..1.0),
            ]
        };
        let drift = [
            sway(turn * drift),
            sway(turn * drift * 0.7),
            sway(tilt * drift),
            sway(0.8),
            sway(0.7),
        ];
        Self {
            backdrop: pick(
                rng,
                &[
                    Backdrop::Plain,
                    Backdrop::Gradient,
                    Backdrop::Curtain,
                    Backdrop::Window,
                    Backdrop::Foliage,
                ],
            ),
            colour,
            second: colour.map(|c| (c + rng.random_range(-0.35..0.35)).clamp(0.0, 1.0)),
            light,
            shade: rng.random_range(0.1..1.0) * difficulty.shade,
            exposure: rng.random_range(0.8..1.15),
            cast: [1.0 + warm, 1.0, 1.0 - warm],
            noise: rng.random_range(0.1..1.0) * difficulty.noise,
            blur: rng.random_range(0.0..1.0) * difficulty.blur,
            pose: Pose {
                yaw: rng.random_range(-turn..turn),
                pitch: rng.random_range(-0.6 * turn..0.6 * turn),
                roll: rng.random_range(-tilt..tilt),
                scale: rng.random_range(1.42..1.56),
                centre: [rng.random_range(31.0..33.0), rng.random_range(31.0..33.0)],
            },
            drift,
        }
    }

    /// Where the head is in frame `t` of a clip.
    pub fn pose(&self, t: usize) -> Pose {
        let at = |[amplitude, cycles, phase]: Sway| {
            amplitude * (std::f32::consts::TAU * (cycles * t as f32 + phase)).sin()
        };
        let [yaw, pitch, roll, x, y] = self.drift.map(at);
        Pose {
            yaw: self.pose.yaw + yaw,
            pitch: self.pose.pitch + pitch,
            roll: self.pose.roll + roll,
            scale: self.pose.scale,
            centre: [self.pose.centre[0] + x, self.pose.centre[1] + y],
        }
    }

    /// Draws frame `t` of a clip: `SIZE` x `SIZE` pixels, red, green, blue, row by row. `rng` gives
    /// the noise.
    pub fn frame(
        &self,
        identity: &Identity,
        action: &Activation,
        t: usize,
        rng: &mut ChaCha8Rng,
    ) -> Vec<u8> {
        let pose = self.pose(t);
        // There always is one: only a side of zero, or one beyond all memory, has no pixmap.
        let Some(pixmap) = Pixmap::new(SIZE as u32, SIZE as u32) else {
            return Vec::new();
        };
        let mut canvas = Canvas { pixmap };
        self.backdrop(&mut canvas);
        Face {
            identity,
            action,
            pose: &pose,
        }
        .draw(&mut canvas);
        self.photograph(&canvas.pixmap, rng)
    }

    fn backdrop(&self, canvas: &mut Canvas) {
        let [r, g, b] = self.colour;
        canvas
            .pixmap
            .fill(Color::from_rgba(r, g, b, 1.0).unwrap_or(Color::BLACK));
        // Pixel coordinates: the backdrop does not turn with the head.
        let room = Pose {
            yaw: 0.0,
            pitch: 0.0,
            roll: 0.0,
            scale: 1.0,
            centre: [0.0, 0.0],
        };
        let size = SIZE as f32;
        let mut bar = |x: f32, y: f32, w: f32, h: f32, alpha: f32| {
            let outline = Outline::from(&room, x, y)
                .line(x + w, y)
                .line(x + w, y + h)
                .line(x, y + h);
            canvas.fill(outline, self.second, alpha);
        };
        match self.backdrop {
            Backdrop::Plain => {}
            Backdrop::Gradient => {
                for (y, row) in canvas
                    .pixmap
                    .pixels_mut()
                    .chunks_exact_mut(SIZE)
                    .enumerate()
                {
                    let [r, g, b] = mix(self.colour, self.second, y as f32 / size);
                    row.fill(
                        Color::from_rgba(r, g, b, 1.0)
                            .unwrap_or(Color::BLACK)
                            .premultiply()
                            .to_color_u8(),
                    );
                }
            }
            Backdrop::Curtain => {
                (0..5).for_each(|k| bar(k as f32 * 14.0 + 2.0, 0.0, 6.0, size, 0.7))
            }
            Backdrop::Window => {
                bar(2.0, 2.0, 17.0, 30.0, 0.9);
                bar(45.0, 2.0, 17.0, 30.0, 0.9);
            }
            Backdrop::Foliage => {
                for (x, y, r) in [
                    (6.0, 10.0, 9.0),
                    (58.0, 6.0, 10.0),
                    (4.0, 38.0, 8.0),
                    (60.0, 34.0, 7.0),
                    (32.0, 2.0, 6.0),
                    (54.0, 52.0, 8.0),
                ] {
                    canvas.fill(Outline::ellipse(&room, x, y, r, r), self.second, 0.75);
                }
            }
        }
    }

    /// What a camera makes of the drawing: light, colour cast, a soft lens, noise.
    fn photograph(&self, drawn: &Pixmap, rng: &mut ChaCha8Rng) -> Vec<u8> {
        let (dx, dy) = match self.light {
            LightFrom::Front => (0.0, 0.0),
            LightFrom::Left => (-1.0, -0.3),
            LightFrom::Right => (1.0, -0.3),
            LightFrom::Above => (0.0, -1.0),
        };
        let half = SIZE as f32 / 2.0;
        let mut image = vec![0.0; SIZE * ROW];
        for (y, (row, drawn)) in image
            .chunks_exact_mut(ROW)
            .zip(drawn.data().chunks_exact(SIZE * 4))
            .enumerate()
        {
            let down = 1.0 + self.shade * dy * (y as f32 / half - 1.0);
            for (x, (to, from)) in row
                .chunks_exact_mut(3)
                .zip(drawn.chunks_exact(4))
                .enumerate()
            {
                let light = self.exposure * (down + self.shade * dx * (x as f32 / half - 1.0));
                for c in 0..3 {
                    to[c] = f32::from(from[c]) * light * self.cast[c];
                }
            }
        }
        let image = soften(&image, self.blur);
        let mut rgb = vec![0; SIZE * ROW];
        for (to, from) in rgb.chunks_exact_mut(3).zip(image.chunks_exact(3)) {
            let [grain, tint] = normal_pair(rng.next_u64());
            let (grain, tint) = (255.0 * self.noise * grain, 127.5 * self.noise * tint);
            for (c, noise) in [grain + tint, grain, grain - tint].into_iter().enumerate() {
                // The conversion clips to 0 to 255.
                to[c] = (from[c] + noise + 0.5) as u8;
            }
        }
        rgb
    }
}

/// Two nearly standard normal numbers from 64 random bits: each the sum of four bytes, brought to
/// mean 0 and variance 1 (a byte has mean 127.5 and variance (256^2 - 1) / 12).
fn normal_pair(bits: u64) -> [f32; 2] {
    const EVEN: u64 = 0x00ff_00ff_00ff_00ff;
    let pairs = (bits & EVEN) + (bits >> 8 & EVEN);
    let sums = (pairs & 0xffff_0000_ffff) + (pairs >> 16 & 0xffff_0000_ffff);
    [sums & 0xffff, sums >> 32].map(|sum| (sum as f32 - 510.0) / 147.8)
}

/// Each value mixed with those of the four neighbouring pixels, `blur / 4` from each. Pixels at the
/// edge stay as they are.
fn soften(image: &[f32], blur: f32) -> Vec<f32> {
    let mut soft = image.to_vec();
    let (keep, take) = (1.0 - blur, 0.25 * blur);
    for y in 1..SIZE - 1 {
        let start = y * ROW + 3;
        let row = |at: usize| &image[at..at + ROW - 6];
        let across = row(start - 3).iter().zip(row(start + 3));
        let along = row(start - ROW).iter().zip(row(start + ROW));
        let to = soft[start..start + ROW - 6].iter_mut();
        for (((to, from), (a, b)), (c, d)) in to.zip(row(start)).zip(across).zip(along) {
            *to = from * keep + (a + b + c + d) * take;
        }
    }
    soft
}
