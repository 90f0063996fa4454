using System.Globalization;

namespace Vitrine.Samples;

/// <summary>Writes README.md of the model folder: what the model is, what it was made from, how good it is, what it cannot do.</summary>
internal static class ModelCard
{
    public static string Text(Evaluation heldOut, double teacherAccuracy, int training, int words, Recipe recipe)
    {
        static string Percent(double part) => (100 * part).ToString("F1", CultureInfo.InvariantCulture);
        int half = heldOut.Count / 2;
        return $"""
            ---
            license: mit
            language: en
            pipeline_tag: text-classification
            datasets: sentence_polarity
            metrics: accuracy
            ---
            # Sentiment of film reviews

            A small BERT that says whether a sentence of an English film review is positive or negative. It is the model that `vitrine explain`
            uses when none is named: small enough to ship, trained from nothing by Vitrine's own tape, good enough that its explanations mean something.

            | | |
            |---|---|
            | accuracy on held-out sentences | **{Percent(heldOut.Accuracy)} % ± {Percent(heldOut.StandardError)}** (standard error, {heldOut.Count} sentences) |
            | positive sentences found | {Percent((double)heldOut.TruePositives / half)} % |
            | negative sentences found | {Percent((double)heldOut.TrueNegatives / half)} % |
            | cross-entropy | {heldOut.Loss.ToString("F3", CultureInfo.InvariantCulture)} nats (a coin: 0.693) |
            | its teacher, naive Bayes over words and word pairs | {Percent(teacherAccuracy)} % on the same sentences |
            | architecture | `BertForSequenceClassification`, {recipe.NLayers} layer, d_model {recipe.DModel}, {recipe.NHeads} heads, d_mlp {recipe.DMlp}, {recipe.MaxPositions} positions |
            | vocabulary | {words} entries: the words that occur at least {recipe.LeastWordCount} times in the training sentences; all others are `[UNK]` |
            | weights | float16 safetensors, with the names and files of Hugging Face's `transformers` |

            ## Data and licences
            Sentence polarity dataset v1.0 (Bo Pang and Lillian Lee, ACL 2005; CC BY 4.0, through nltk_data): {training + heldOut.Count} sentences. In each class the
            tenth whose SHA-256 of `{PolarityData.Seed}`, a line break and the sentence comes first is held out: {heldOut.Count} sentences, read once, for the
            numbers above. The next tenth chose the recipe and was then trained on like the rest ({training} sentences). No other data, no other model's weights.
            While choosing, recipes close to this one ended at 75.2 to 77.5 % on that tenth (each ± 1.3, with less to train on), so the held-out figure is a lucky one: expect about 77 to 78 %.
            The weights are under this project's licence, MIT.

            ## How it was made
            `dotnet run -c Release --project samples/TrainSentiment -- --data DIR --out models/sentiment`, where DIR holds `rt-polarity.neg` and `rt-polarity.pos`;
            the same seed gives the same weights on the same machine. A transformer learns ten thousand sentences by heart. So it learns from a
            teacher that only counts: naive Bayes, which judges the real sentences (each as if it had not been counted itself; the true label has a
            say too) and made-up ones, the beginning of one sentence and the end of another. AdamW, {recipe.Epochs} epochs, weights averaged over the last steps. `samples/TrainSentiment/Recipe.cs` has every number.

            ## Limits
            One sentence in five is judged wrongly. It knows film reviews of about 2000, in English, and takes words it has not seen for `[UNK]`. It has seen
            little negation and no irony; probabilities are those of its teacher, softened, not calibrated. Do not use it to decide anything about people.

            """;
    }
}
