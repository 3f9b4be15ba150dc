//! A tensor as it lies in a file.

use ::safetensors::Dtype;
use half::{bf16, f16};

use crate::WeightError;
use crate::shown::shown;
use crate::source::Source;

/// Longest name of a tensor, in bytes.
const LONGEST_NAME: usize = 1024;

/// More dimensions than any tensor of a model has.
const MOST_DIMENSIONS: usize = 16;

/// A tensor as it lies in a file. Every element lies inside its storage, and there are at most as
/// many elements as the storage holds: both are checked when this is made.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Stored {
    pub dtype: Dtype,
    pub shape: Vec<usize>,
    /// Distance of neighbours in each dimension, in elements.
    strides: Vec<usize>,
    /// Where the first element lies in the file, in bytes.
    start: u64,
}

/// A run of elements in a file that tensors lie in.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Storage {
    pub dtype: Dtype,
    /// Where it begins in the file, in bytes.
    pub start: u64,
    /// How many elements it holds.
    pub elements: u64,
}

impl Stored {
    /// A tensor whose elements lie in row order and fill the bytes from `start` on.
    pub fn whole(dtype: Dtype, shape: &[usize], start: u64) -> Self {
        Self {
            dtype,
            shape: shape.to_vec(),
            strides: row_order(shape),
            start,
        }
    }

    /// A view of a storage; `offset` and `strides` count elements. The reason when it does not fit.
    pub fn view(
        storage: Storage,
        offset: i64,
        shape: &[i64],
        strides: &[i64],
    ) -> Result<Self, String> {
        let whole = |values: &[i64]| -> Option<Vec<usize>> {
            values.iter().map(|v| usize::try_from(*v).ok()).collect()
        };
        let sizes = (whole(shape), whole(strides), u64::try_from(offset).ok());
        let (Some(sizes), Some(steps), Some(offset)) = sizes else {
            return Err("it has a negative size, stride or offset".to_owned());
        };
        if sizes.len() != steps.len() || sizes.len() > MOST_DIMENSIONS {
            return Err(format!(
                "it has {} sizes and {} strides; expected as many of both, and at most {MOST_DIMENSIONS}",
                sizes.len(),
                steps.len()
            ));
        }
        // An empty tensor needs no element, so its sizes may be anything that can be counted.
        let count = sizes
            .iter()
            .try_fold(1_usize, |count, size| count.checked_mul(*size))
            .ok_or_else(|| format!("its size overflows: {sizes:?}"))?;
        let last = sizes
            .iter()
            .zip(&steps)
            .try_fold(offset, |last, (size, step)| {
                let steps = (size.saturating_sub(1) as u64).checked_mul(*step as u64)?;
                last.checked_add(steps)
            });
        let inside = last.is_some_and(|last| last < storage.elements);
        if count > 0 && (!inside || count as u64 > storage.elements) {
            return Err(format!(
                "sizes {sizes:?} with strides {steps:?} from element {offset} on do not fit a storage of {} elements",
                storage.elements
            ));
        }
        let width = (storage.dtype.bitsize() / 8) as u64;
        let start = match count {
            0 => storage.start,
            _ => storage.start + offset * width,
        };
        Ok(Self {
            dtype: storage.dtype,
            shape: sizes,
            strides: steps,
            start,
        })
    }

    /// How many elements it has.
    pub fn count(&self) -> usize {
        self.shape.iter().product()
    }

    /// Whether it holds real numbers, as parameters do.
    pub fn is_float(&self) -> bool {
        use Dtype::{BF16, F16, F32, F64};
        matches!(self.dtype, F64 | F32 | F16 | BF16)
    }

    /// Its values in row order, as float32. Nothing is read beyond what its elements span.
    pub fn floats(&self, source: &Source) -> Result<Vec<f32>, WeightError> {
        let mut values = Vec::with_capacity(self.count());
        self.elements(source, |bytes| match self.dtype {
            Dtype::F64 => each(bytes, &mut values, |b| f64::from_le_bytes(b) as f32),
            Dtype::F32 => each(bytes, &mut values, f32::from_le_bytes),
            Dtype::F16 => each(bytes, &mut values, |b| f16::from_le_bytes(b).to_f32()),
            Dtype::BF16 => each(bytes, &mut values, |b| bf16::from_le_bytes(b).to_f32()),
            _ => {}
        })?;
        Ok(values)
    }

    /// Whether it holds whole numbers that [`Stored::integers`] reads.
    pub fn is_integer(&self) -> bool {
        use Dtype::{I16, I32, I64, U8, U32};
        matches!(self.dtype, I64 | I32 | U32 | I16 | U8)
    }

    /// Its values in row order, when they are whole numbers.
    pub fn integers(&self, source: &Source) -> Result<Vec<i64>, WeightError> {
        let mut values = Vec::with_capacity(self.count());
        self.elements(source, |bytes| match self.dtype {
            Dtype::I64 => each(bytes, &mut values, i64::from_le_bytes),
            Dtype::I32 => each(bytes, &mut values, |b| i32::from_le_bytes(b).into()),
            Dtype::U32 => each(bytes, &mut values, |b| u32::from_le_bytes(b).into()),
            Dtype::I16 => each(bytes, &mut values, |b| i16::from_le_bytes(b).into()),
            Dtype::U8 => each(bytes, &mut values, |b| u8::from_le_bytes(b).into()),
            _ => {}
        })?;
        Ok(values)
    }

    /// Hands the bytes of its elements to `take`, in row order. Elements are whole bytes.
    fn elements(&self, source: &Source, mut take: impl FnMut(&[u8])) -> Result<(), WeightError> {
        let width = self.dtype.bitsize() / 8;
        let count = self.count();
        if count == 0 {
            return Ok(());
        }
        if self.strides_matter() {
            let reach: usize = self.steps().map(|(size, step)| (size - 1) * step).sum();
            let span = source.range(self.start, ((reach + 1) * width) as u64)?;
            let mut index = vec![0; self.shape.len()];
            for _ in 0..count {
                let at: usize = index.iter().zip(&self.strides).map(|(i, s)| i * s).sum();
                take(&span[at * width..(at + 1) * width]);
                for (place, size) in index.iter_mut().zip(&self.shape).rev() {
                    *place += 1;
                    if *place < *size {
                        break;
                    }
                    *place = 0;
                }
            }
            return Ok(());
        }
        source.pieces(self.start, (count * width) as u64, width, take)
    }

    fn steps(&self) -> impl Iterator<Item = (usize, usize)> {
        let pairs = self.shape.iter().zip(&self.strides);
        pairs.map(|(size, step)| (*size, *step))
    }

    /// Whether the elements lie in another order than row after row, or apart.
    fn strides_matter(&self) -> bool {
        let wanted = row_order(&self.shape);
        self.steps()
            .zip(wanted)
            .any(|((size, step), wanted)| size > 1 && step != wanted)
    }
}

fn each<const N: usize, T>(bytes: &[u8], values: &mut Vec<T>, read: impl Fn([u8; N]) -> T) {
    let (elements, _) = bytes.as_chunks::<N>();
    values.extend(elements.iter().map(|element| read(*element)));
}

/// Strides of a tensor whose elements lie row after row.
fn row_order(shape: &[usize]) -> Vec<usize> {
    let mut strides = vec![1_usize; shape.len()];
    for dimension in (1..shape.len()).rev() {
        strides[dimension - 1] = strides[dimension].saturating_mul(shape[dimension].max(1));
    }
    strides
}

/// The reason why this cannot be a tensor's name.
pub(crate) fn wrong_name(name: &str) -> Option<String> {
    if name.len() > LONGEST_NAME {
        return Some(format!("a tensor has a name of {} bytes", name.len()));
    }
    name.chars()
        .any(char::is_control)
        .then(|| format!("a tensor is called `{}`", shown(name)))
}
