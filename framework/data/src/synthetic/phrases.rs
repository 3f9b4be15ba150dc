//! The words of the captions: what each visible thing may be called.
//!
//! In a phrase, `~` is the place of an adverb of degree and `^` that of an adjective of size; both
//! are left out in the middle of the scale; `*` is the place of a colour. `{noun}` and `{adjective}`
//! stand for an emotion. White space counts as one space, and "a" before a vowel is made "an" later.

/// Alternatives, separated by `|`.
pub(super) type Phrases = &'static str;

/// Noun phrases for, and clauses about, one thing that can be seen in a face.
pub(super) struct Words {
    /// Can follow "with".
    pub nouns: Phrases,
    /// Are sentences by themselves.
    pub clauses: Phrases,
}

pub(super) const WEAK_ADVERBS: Phrases =
    "slightly | a little | faintly | somewhat | gently | barely | subtly | lightly | a bit | softly
    | mildly";
pub(super) const STRONG_ADVERBS: Phrases =
    "strongly | clearly | fully | sharply | extremely | markedly | intensely | visibly | very much |
    highly | tightly | deeply";
pub(super) const WEAK_ADJECTIVES: Phrases =
    "faint | small | slight | weak | subtle | mild | hardly visible | gentle";
pub(super) const STRONG_ADJECTIVES: Phrases =
    "big | strong | pronounced | clear | deep | distinct | great | marked | heavy";

pub(super) static BROWS_RAISED: Words = Words {
    nouns: "~ raised eyebrows | ~ raised brows | eyebrows ~ lifted | both brows ~ raised | ~ arched
        eyebrows | brows ~ pulled up high | eyebrows ~ up | a ~ lifted brow | a forehead ~ wrinkled
        by raised brows | eyebrows raised ~ towards the hairline | ~ elevated brows and a wrinkled
        forehead | high, curved eyebrows | ~ upraised brows | horizontal lines across the forehead",
    clauses:
        "the eyebrows are ~ raised | the brows are ~ lifted | both eyebrows go up | the brows arch
        up | the forehead is ~ wrinkled | the eyebrows are high | the whole brow is ~ raised |
        raised brows crease the forehead",
};
pub(super) static INNER_BROWS_UP: Words = Words {
    nouns:
        "inner brows ~ drawn up | ~ raised inner brows | inner eyebrows ~ raised | the inner corners
        of the eyebrows ~ raised | ~ slanted brows, high in the middle | eyebrows ~ lifted at their
        inner ends | brows ~ sloping down at the sides | inner ends of the brows pulled ~ upwards |
        oblique eyebrows",
    clauses:
        "the inner brows are ~ raised | the inner ends of the eyebrows are ~ drawn up | the eyebrows
        slant upwards to the middle | the inner corners of the brows rise",
};
pub(super) static OUTER_BROWS_UP: Words = Words {
    nouns:
        "outer brows ~ raised | ~ raised outer eyebrows | eyebrows ~ lifted at the sides | the outer
        ends of the brows ~ up | winged, pointed eyebrows",
    clauses:
        "the outer brows are ~ raised | the outer ends of the eyebrows go up | the eyebrows are ~
        lifted at the sides",
};
pub(super) static BROWS_LOWERED: Words = Words {
    nouns:
        "~ lowered brows | ~ lowered eyebrows | brows ~ drawn together | eyebrows ~ pulled down and
        together | a ~ furrowed brow | ~ knitted brows | a ^ frown | eyebrows ~ drawn down | a ~
        creased brow | vertical lines between the eyebrows | a crease between the brows | ~
        contracted eyebrows | brows that nearly meet | low eyebrows | a scowl | a ~ frowning
        forehead | ^ frown lines",
    clauses:
        "the brows are ~ lowered | the eyebrows are ~ drawn together | the brow is ~ furrowed | the
        brows are pulled down | the forehead is frowning | the eyebrows are knit | lines stand
        between the brows",
};
pub(super) static BROWS_RAISED_AND_KNIT: Words = Words {
    nouns: "brows ~ raised and drawn together | inner brows ~ pulled up and together | eyebrows ~
        lifted and knitted | raised, straight eyebrows pulled together | a ~ puckered forehead |
        inner eyebrows up with a furrow between them | brows ~ bunched and raised in the middle",
    clauses:
        "the brows are ~ raised and drawn together | the inner brows are up and pulled together |
        the eyebrows are lifted and knit | the forehead is ~ puckered",
};
pub(super) static EYES_WIDE: Words = Words {
    nouns: "wide eyes | eyes ~ widened | wide open eyes | eyes open wide | ~ raised upper eyelids |
        upper lids ~ raised | white showing above the iris | staring eyes | a stare | bulging eyes
        | ~ exposed whites of the eyes | round eyes | large, open eyes | upper eyelids pulled ~ up",
    clauses:
        "the eyes are ~ widened | the eyes are wide open | the upper eyelids are ~ raised | the eyes
        stare | the whites of the eyes are visible | the eyes open wide",
};
pub(super) static EYES_NARROW: Words = Words {
    nouns:
        "eyes ~ narrowed | ~ narrowed eyes | ~ tightened eyelids | tense lower lids | ~ squinting
        eyes | a squint | eyelids ~ pressed closer | lower eyelids ~ raised | narrow eyes | eyes
        like slits | half shut eyes | ~ tensed lids",
    clauses: "the eyes are ~ narrowed | the eyelids are ~ tightened | the lids are tense | the eyes
        squint | the lower eyelids are ~ raised",
};
pub(super) static EYES_GLARE: Words = Words {
    nouns: "glaring eyes | a hard stare | a glare | tense, staring eyes | a fixed, piercing gaze |
        raised upper lids over tight lower lids",
    clauses: "the eyes glare | the eyelids are tight and the eyes stare | the gaze is hard and piercing",
};
pub(super) static EYES_CLOSED: Words = Words {
    nouns:
        "closed eyes | eyes shut | lowered eyelids | both eyes closed | eyelids down | eyes closed
        in a blink",
    clauses: "the eyes are closed | both eyes are shut | the person blinks | the eyelids are down",
};
pub(super) static EYES_RESTING: Words = Words {
    nouns:
        "relaxed eyes | eyes open normally | relaxed eyelids | an even gaze | steady eyes | eyes at
        rest | ordinary open eyes",
    clauses:
        "the eyes are relaxed | the eyelids are at rest | the gaze is even | the eyes are open as
        usual",
};
pub(super) static CHEEKS_RAISED: Words = Words {
    nouns:
        "~ raised cheeks | crow's-feet | crow's-feet beside the eyes | cheeks ~ lifted | wrinkles at
        the outer corners of the eyes | ~ crinkled eyes | bunched, rosy cheeks | cheeks pushed ~ up
        under the eyes | folds under the eyes | high round cheeks | laughter lines around the eyes",
    clauses:
        "the cheeks are ~ raised | the cheeks push up the lower lids | the skin crinkles around the
        eyes | the eyes are ~ crinkled | wrinkles fan out from the eyes",
};
pub(super) static NOSE_WRINKLED: Words = Words {
    nouns:
        "a ~ wrinkled nose | nose ~ wrinkled | wrinkles on the bridge of the nose | a ~ scrunched
        nose | ~ flared nostrils | nose ~ crinkled up | nostrils ~ raised | a ~ screwed up nose |
        creases along the nose | wings of the nose drawn ~ up",
    clauses:
        "the nose is ~ wrinkled | the nose is scrunched up | the nostrils flare | the bridge of the
        nose is ~ creased | the nostrils are pulled up",
};
pub(super) static UPPER_LIP_RAISED: Words = Words {
    nouns:
        "a ~ raised upper lip | upper lip ~ lifted | upper lip ~ drawn up | a curled upper lip | a ^
        sneer | upper lip ~ curled | deep folds beside the nose | a bared upper gum",
    clauses:
        "the upper lip is ~ raised | the upper lip curls | the upper lip is drawn up | folds run
        from the nose to the mouth",
};
pub(super) static SMILE: Words = Words {
    nouns:
        "a ^ smile | lip corners ~ pulled up | lip corners ~ raised | corners of the mouth ~ turned
        up | a ~ smiling mouth | mouth corners ~ lifted | a closed mouth smile | lips ~ curved
        upwards | dimples beside the mouth | a mouth that curves up | lip corners ~ drawn back and
        up | a quiet smile with closed lips",
    clauses:
        "the lip corners are ~ pulled up | the corners of the mouth are ~ raised | the person smiles
        | the mouth curves ~ upwards | the mouth is ~ smiling | the mouth corners turn up",
};
pub(super) static SMILE_OPEN: Words = Words {
    nouns:
        "a toothy smile | a ^ grin | an open smile | a smile that shows the teeth | a ^ laugh | a
        laughing, open mouth | lip corners ~ pulled up and teeth showing | a broad smile with
        parted lips | bright teeth in a smile | a beaming mouth | lip corners raised around an open
        mouth",
    clauses:
        "the person grins | the person laughs | the mouth is open in a smile | the lip corners are ~
        pulled up and the teeth show | the person smiles with open lips | a smile shows the teeth",
};
pub(super) static CORNERS_DOWN: Words = Words {
    nouns:
        "lip corners ~ pulled down | lip corners ~ lowered | corners of the mouth ~ turned down | a
        ~ downturned mouth | a drooping mouth | mouth corners ~ depressed | lips ~ curved downwards
        | a mouth that curves down | sagging lip corners | mouth bent down at both ends",
    clauses:
        "the lip corners are ~ pulled down | the corners of the mouth are ~ lowered | the mouth
        droops | the mouth curves ~ downwards | the mouth corners turn down",
};
pub(super) static CHIN_RAISED: Words = Words {
    nouns:
        "a ~ raised chin | chin ~ pushed up | a ~ wrinkled chin | lower lip ~ pushed up | a ^ pout |
        a dimpled chin | chin boss ~ bunched | a pouting lower lip | a puckered chin",
    clauses:
        "the chin is ~ raised | the chin pushes the lower lip up | the chin is wrinkled | the lower
        lip pouts | the chin is ~ puckered",
};
pub(super) static LIPS_STRETCHED: Words = Words {
    nouns:
        "lips ~ stretched | ~ stretched lips | a mouth ~ stretched sideways | lip corners ~ pulled
        back | lips drawn ~ back towards the ears | a horizontally stretched mouth | a ^ grimace |
        a ~ widened mouth | a long, flat mouth | ~ tensed, stretched lips",
    clauses:
        "the lips are ~ stretched | the mouth is ~ stretched sideways | the lip corners are pulled
        back | the lips are drawn back | the mouth grimaces",
};
pub(super) static LIPS_PRESSED: Words = Words {
    nouns:
        "lips ~ pressed together | ~ pressed lips | lips pressed together tightly | ~ tightened lips
        | thin lips | a tight mouth | a ~ clenched mouth | lips ~ rolled in | a firm, narrow mouth
        | tight lips | a straight, hard mouth | compressed lips | a rigid mouth",
    clauses:
        "the lips are ~ pressed together | the lips are ~ tightened | the mouth is tight | the lips
        are thin and tense | the mouth is ~ clenched | the lips are compressed",
};
pub(super) static LIPS_PARTED: Words = Words {
    nouns:
        "~ parted lips | lips ~ parted | lips ~ apart | a ~ open mouth | a narrow gap between the
        lips | lips ~ separated | teeth showing between the lips | an unclosed mouth",
    clauses:
        "the lips are ~ parted | the mouth is ~ open | the teeth are just visible | the lips are
        apart",
};
pub(super) static MOUTH_OPEN: Words = Words {
    nouns:
        "a wide open mouth | mouth wide open | a ~ dropped jaw | jaw ~ dropped | a ~ lowered jaw | a
        gaping mouth | an open mouth | a round, open mouth | a hanging jaw | a dark, open mouth | a
        slack jaw | a long face with an open mouth | mouth agape | jaw hanging open",
    clauses:
        "the mouth is wide open | the jaw is ~ dropped | the jaw drops | the mouth gapes | the jaw
        hangs down | the mouth is open",
};
pub(super) static BROWS_RESTING: Words = Words {
    nouns:
        "level brows | relaxed eyebrows | level eyebrows | brows at rest | a smooth forehead | an
        unlined brow | a relaxed forehead | even brows | straight, relaxed brows",
    clauses:
        "the brows are level | the eyebrows are relaxed | the forehead is smooth | the brows are at
        rest | the eyebrows stay level",
};
pub(super) static MOUTH_RESTING: Words = Words {
    nouns: "a closed mouth | relaxed lips | a resting mouth | lips gently closed | a loosely closed
        mouth | a level mouth | lips together and relaxed | a still mouth | an even mouth line",
    clauses:
        "the mouth is closed | the lips are relaxed | the mouth is at rest | the lips are closed and
        still | the mouth is level",
};
pub(super) static FACE_RESTING: Words = Words {
    nouns: "a resting face | a resting face with level brows | relaxed features | a still face | a
        relaxed face | no movement in the face | all facial muscles at rest | an unmoving face |
        features without tension | a face without any movement",
    clauses:
        "the face is at rest | the face is relaxed | nothing moves in the face | the muscles of the
        face are relaxed | the face shows no movement",
};

/// Everything that can be seen in a face.
static FACE: [&Words; 24] = [
    &BROWS_RAISED,
    &INNER_BROWS_UP,
    &OUTER_BROWS_UP,
    &BROWS_LOWERED,
    &BROWS_RAISED_AND_KNIT,
    &EYES_WIDE,
    &EYES_NARROW,
    &EYES_GLARE,
    &EYES_CLOSED,
    &EYES_RESTING,
    &CHEEKS_RAISED,
    &NOSE_WRINKLED,
    &UPPER_LIP_RAISED,
    &SMILE,
    &SMILE_OPEN,
    &CORNERS_DOWN,
    &CHIN_RAISED,
    &LIPS_STRETCHED,
    &LIPS_PRESSED,
    &LIPS_PARTED,
    &MOUTH_OPEN,
    &BROWS_RESTING,
    &MOUTH_RESTING,
    &FACE_RESTING,
];

/// Ways to begin, which what is seen follows.
pub(super) const LEADS: Phrases =
    "a photo of | a picture of | the face of | a close-up of | a portrait of | an image of | a video
    frame of | a still of | a headshot of | a photograph of | a cropped photo of | a snapshot of |
    a view of | a drawing of | an illustration of | a closeup photo of | a good photo of | a bad
    photo of | a low resolution photo of | a blurry frame of | one frame of";
/// Who is seen, after a beginning.
pub(super) const PEOPLE: Phrases =
    "a person | someone | a human face | a face | one person | a human | the person | an individual
    | somebody | an actor | a character | a speaker | a person in a movie | an adult | the subject
    | a stranger | a participant";
/// Who is seen, with or without being named.
pub(super) const JOINS: Phrases =
    "with | who has | showing | that shows | having | and | where we see | displaying | whose face
    shows";
/// Ways to begin a list.
pub(super) const OPENERS: Phrases =
    "in this expression we see | this person has | the face shows | this face has | you can see |
    note | here is someone with | an expression with | a facial expression with | the
    expression of this person shows | this is a person with | there is | a look with | a person
    with an expression of | facial features include | in the picture there are";
/// Ways to begin a row of clauses.
pub(super) const CLAUSE_OPENERS: Phrases =
    " |  |  | in this expression | in this photo | in the image | as you see | on this face | when
    seen up close | while looking at the camera | at this moment | here";
/// Before the last of a row.
pub(super) const ANDS: &[&str] = &[
    " and ",
    ", and ",
    ", ",
    " while ",
    " as well as ",
    ", also ",
    " plus ",
    " with ",
];
/// Before the last of a row of clauses.
pub(super) const CLAUSE_ANDS: &[&str] = &[" and ", ", and ", ", ", " while ", ". ", " but ", "; "];

/// Sentences and phrases that name an emotion.
pub(super) const EMOTION_FORMS: Phrases =
    "a photo of a {adjective} person | an expression of {noun} | a person with an expression of
    {noun} | a {adjective} face | a {adjective} person | someone who feels {adjective} | {noun} |
    {adjective} | a look of {noun} | the face of a {adjective} person | this person looks
    {adjective} | this person feels {noun} | a {adjective} expression | a facial expression of
    {noun} | the person is {adjective} | a picture of {noun} | a person who is {adjective} |
    someone feeling {adjective} | a face full of {noun} | the emotion is {noun} | a person showing
    {noun} | a person expressing {noun} | signs of {noun} | a {adjective} look | they seem
    {adjective} | a person in a state of {noun}";

/// Names of the emotions in label order: nouns, then adjectives.
pub(super) const EMOTIONS: [(Phrases, Phrases); 7] = [
    (
        "happiness | joy | happiness | delight | amusement | pleasure | cheer",
        "happy | happy | joyful | cheerful | glad | delighted | amused | pleased | smiling | merry",
    ),
    (
        "sadness | sadness | sorrow | grief | unhappiness | misery",
        "sad | sad | unhappy | sorrowful | gloomy | miserable | grieving | downcast | upset",
    ),
    (
        "neutral | neutral emotion | neutral | calm | calmness | no emotion | composure",
        "neutral | neutral | calm | expressionless | emotionless | composed | impassive |
        indifferent",
    ),
    (
        "anger | anger | rage | fury | annoyance | irritation",
        "angry | angry | furious | mad | annoyed | irritated | enraged | cross",
    ),
    (
        "surprise | surprise | astonishment | amazement | shock",
        "surprised | surprised | astonished | amazed | startled | shocked | stunned",
    ),
    (
        "disgust | disgust | revulsion | distaste | loathing | aversion",
        "disgusted | disgusted | revolted | repelled | sickened | grossed out",
    ),
    (
        "fear | fear | terror | fright | dread | panic",
        "afraid | scared | fearful | frightened | terrified | scared | panicked",
    ),
];

/// Names of the hair colours, in the order of `HairColour`.
pub(super) const HAIR_COLOURS: [Phrases; 7] = [
    "black | jet-black | very dark | raven",
    "brown | dark brown | brunette",
    "chestnut | light brown | auburn | hazel brown",
    "red | ginger | copper | orange",
    "blond | blonde | golden | fair | yellow",
    "grey | gray | silver | salt and pepper",
    "white | snow-white | pale white",
];
/// What is on the head, in the order of `HairStyle`; `*` is the hair's colour.
pub(super) const HAIR_STYLES: [Phrases; 9] = [
    "a bald head | no hair | a shaved head | a shiny bald scalp | a hairless head",
    "cropped * hair | very short * hair | a * buzz cut | close-cropped * hair",
    "short * hair | a short * haircut | neat * hair | trimmed * hair",
    "a * fringe | * hair with bangs | * bangs over the forehead | a * bob",
    "* hair parted at the side | combed * hair | a * side parting | * hair swept across",
    "curly * hair | * curls | frizzy * hair | a mop of * curls | bushy * hair",
    "long * hair | shoulder-length * hair | straight long * hair | flowing * hair",
    "* hair in a bun | a * topknot | tied * hair | * hair tied back",
    "a headscarf | a scarf around the head | a covered head | a shawl over the hair | a hood",
];
pub(super) const BEARDS: [Phrases; 4] = [
    "",
    "a moustache | a * moustache | a mustache | a trimmed moustache",
    "stubble | an unshaven chin | a short stubble beard | unshaved cheeks",
    "a full beard | a * beard | a bearded chin | a thick beard and moustache",
];
pub(super) const GLASSES: [Phrases; 3] = [
    "no glasses | eyes without glasses",
    "round glasses | glasses | spectacles | circular spectacles | dark round frames",
    "square glasses | glasses | eyeglasses | rectangular glasses | dark square frames",
];
/// Skin from light to dark.
pub(super) const SKINS: [Phrases; 4] = [
    "pale skin | light skin | fair skin | a light complexion",
    "tan skin | beige skin | a warm complexion | tanned skin",
    "brown skin | medium dark skin | bronze skin | an olive brown complexion",
    "dark skin | dark brown skin | black skin | a deep complexion",
];
pub(super) const OLD: Phrases =
    "wrinkled, older skin | an aged face | the lines of age | an elderly face | mature features | an
    old face";
pub(super) const YOUNG: Phrases =
    "smooth, young skin | a youthful face | young features | a young face";
/// Names of colours, with the value that each stands for.
pub(super) const COLOURS: [(&str, [f32; 3]); 16] = [
    ("white", [0.95, 0.95, 0.95]),
    ("grey", [0.5, 0.5, 0.5]),
    ("black", [0.1, 0.1, 0.1]),
    ("red", [0.8, 0.15, 0.15]),
    ("pink", [0.9, 0.55, 0.65]),
    ("orange", [0.9, 0.5, 0.15]),
    ("yellow", [0.9, 0.85, 0.25]),
    ("green", [0.25, 0.65, 0.25]),
    ("teal", [0.15, 0.5, 0.5]),
    ("turquoise", [0.3, 0.8, 0.8]),
    ("blue", [0.2, 0.3, 0.8]),
    ("navy", [0.12, 0.15, 0.4]),
    ("purple", [0.5, 0.2, 0.6]),
    ("violet", [0.6, 0.45, 0.85]),
    ("brown", [0.45, 0.3, 0.18]),
    ("olive", [0.45, 0.48, 0.2]),
];
/// Backdrops in the order of `Backdrop`; `*` is the colour.
pub(super) const BACKDROPS: [Phrases; 5] = [
    "a plain * background | a * wall behind | in front of a * wall | a uniform * backdrop |
        against a solid * background",
    "a shaded * background | a * gradient behind | a background that fades to * | a soft *
        backdrop",
    "a striped * curtain behind | in front of * stripes | vertical * bars in the background | *
        drapes in the back",
    "a window on each side | a room with two windows and a * wall | panels on a * wall | an
        indoor * background",
    "blurred spots on a * background | out-of-focus lights | * blobs in the background | a
        spotted * backdrop | bokeh circles behind",
];
/// Light in the order of `LightFrom`.
pub(super) const LIGHTS: [Phrases; 4] = [
    "even light | flat lighting | light from the front | diffuse daylight",
    "light from the left | lit from the left side | a shadow on the right",
    "light from the right | lit from the right side | a shadow on the left",
    "light from above | overhead lighting | a dark lower half | top light",
];
pub(super) const DARK: Phrases = "a dim picture | low light | an underexposed shot | a dark scene";
pub(super) const BRIGHT: Phrases =
    "a bright picture | bright light | an overexposed shot | a brightly lit scene";
pub(super) const GRAINY: Phrases =
    "a grainy picture | visible noise | a noisy image | film grain | a poor camera";
pub(super) const CLEAN: Phrases = "a clean image | a crisp picture | a sharp image";
pub(super) const FRONTAL: Phrases =
    "facing the camera | seen from the front | a frontal view | an upright head";

/// Every list above that is separated by `|`.
pub(super) fn lists() -> Vec<Phrases> {
    let mut lists = vec![
        WEAK_ADVERBS,
        STRONG_ADVERBS,
        WEAK_ADJECTIVES,
        STRONG_ADJECTIVES,
        LEADS,
        PEOPLE,
        JOINS,
        OPENERS,
        CLAUSE_OPENERS,
        EMOTION_FORMS,
        OLD,
        YOUNG,
        DARK,
        BRIGHT,
        GRAINY,
        CLEAN,
        FRONTAL,
    ];
    lists.extend(FACE.iter().flat_map(|words| [words.nouns, words.clauses]));
    lists.extend(
        EMOTIONS
            .iter()
            .flat_map(|(nouns, adjectives)| [*nouns, *adjectives]),
    );
    let groups: [&[Phrases]; 7] = [
        &HAIR_COLOURS,
        &HAIR_STYLES,
        &BEARDS,
        &GLASSES,
        &SKINS,
        &BACKDROPS,
        &LIGHTS,
    ];
    lists.extend(groups.concat());
    lists
}
