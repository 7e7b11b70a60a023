/** What is said in the gallery, in a language of each direction. */

const CODE = `\`\`\`js
const water = (soil) => soil.moisture < 0.3;
\`\`\``;

export const TEXTS = {
  en: {
    ask: "How do I keep basil alive on a windowsill?",
    reworded: "How do I keep basil alive on a north-facing windowsill?",
    more: "And in winter?",
    answer: `Basil wants **light, warmth and steady moisture**, in that order.

1. Give it six hours of sun; a south-facing sill is best.
2. Water when the top of the soil is dry, from below.
3. Pinch the tips *before* it flowers, just above a pair of leaves.

| Sign | Cause |
|---|---|
| Yellow leaves | Too much water |
| Long, thin stems | Too little light |

${CODE}

> A pot from the supermarket holds twenty seedlings. Split it.`,
    rich: `## This week

- [x] Split the pot
- [ ] Find a lighter sill

A plant drinks about $V = 0.3\\,A$ millilitres a day, where $A$ is the area of its leaves.[^1]

$$
V_{week} = 7 \\cdot 0.3 \\sum_{i=1}^{n} A_i
$$

| Month | Light | Water |
|:--|:-:|--:|
| March | 11 h | 120 ml |
| June | 16 h | 310 ml |

![A pot of basil](https://example.org/basil.jpg)

[^1]: Measured at 21 °C.`,
    half: "Basil wants **light, warmth and steady moisture**, in that order.\n\n1. Give it six hours of sun; a",
    thought: "They ask about basil indoors. Light first, then water; mention pinching.",
    draft: "My kitchen faces north.\nThere is a lamp above the table, twelve watts, warm white.\nWould that be enough?",
    file: "windowsill.txt",
    greeting: "What would you like to grow?",
    starters: ["Herbs for a dark kitchen", "Why are my tomatoes splitting?", "Plan a balcony for bees"],
    sources: ["Growing basil indoors", "A gardener's almanac of light, water and patience", "Herbs in small rooms"],
    titles: ["Basil on the windowsill", "Why tomatoes split after rain, and what to do about it", "A balcony for bees"],
    canned: "We cannot answer right now. Our nursery is open from nine to six.",
  },
  ar: {
    ask: "كيف أحافظ على الريحان حيًّا على حافة النافذة؟",
    reworded: "كيف أحافظ على الريحان حيًّا على نافذة شمالية؟",
    more: "وفي الشتاء؟",
    answer: `يحتاج الريحان إلى **الضوء والدفء والرطوبة المنتظمة**، بهذا الترتيب.

1. امنحه ست ساعات من الشمس، وأفضل مكان نافذة جنوبية.
2. اسقه حين يجف سطح التربة.
3. اقطف الأطراف *قبل* أن يزهر.

| العلامة | السبب |
|---|---|
| أوراق صفراء | ماء كثير |
| سيقان طويلة رفيعة | ضوء قليل |

${CODE}

> الأصيص المشترى من المتجر يضم عشرين شتلة. قسّمه.`,
    rich: `## هذا الأسبوع

- [x] تقسيم الأصيص
- [ ] نافذة أكثر ضوءًا

يشرب النبات نحو $V = 0.3\\,A$ مليلتر في اليوم.[^1]

$$
V_{week} = 7 \\cdot 0.3 \\sum_{i=1}^{n} A_i
$$

| الشهر | الضوء | الماء |
|:--|:-:|--:|
| مارس | 11 ساعة | 120 مل |
| يونيو | 16 ساعة | 310 مل |

![أصيص ريحان](https://example.org/basil.jpg)

[^1]: قيس عند 21 درجة مئوية.`,
    half: "يحتاج الريحان إلى **الضوء والدفء والرطوبة المنتظمة**، بهذا الترتيب.\n\n1. امنحه ست ساعات من",
    thought: "السؤال عن الريحان داخل البيت. الضوء أولًا ثم الماء.",
    draft: "مطبخي يطل على الشمال.\nفوق الطاولة مصباح بقدرة اثني عشر واط.\nهل يكفي ذلك؟",
    file: "النافذة.txt",
    greeting: "ماذا تودّ أن تزرع؟",
    starters: ["أعشاب لمطبخ معتم", "لماذا تتشقق الطماطم؟", "شرفة يحبها النحل"],
    sources: ["Growing basil indoors", "تقويم البستاني للضوء والماء والصبر", "أعشاب في غرف صغيرة"],
    titles: ["الريحان على حافة النافذة", "لماذا تتشقق الطماطم بعد المطر وماذا نفعل حيال ذلك", "شرفة يحبها النحل"],
    canned: "لا يمكننا الإجابة الآن. المشتل مفتوح من التاسعة حتى السادسة.",
  },
} as const;

export type GalleryLanguage = keyof typeof TEXTS;
export type GalleryText = (typeof TEXTS)[GalleryLanguage];
