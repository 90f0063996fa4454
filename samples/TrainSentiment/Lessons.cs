using Vitrine.Transformers;

namespace Vitrine.Samples;

/// <summary>One thing to learn: token ids with [CLS] and [SEP], and the probability that they are positive.</summary>
internal sealed record Lesson(int[] Ids, float Positive);

/// <summary>Makes the lessons of one epoch: the real sentences with some words hidden, and made-up ones, all judged by the teacher.</summary>
internal sealed class Lessons
{
    private const int LongestMadeUp = 70; // tokens; real sentences have up to 60 or so

    private readonly Recipe _recipe;
    private readonly ITokenizer _tokenizer;
    private readonly NaiveBayes _teacher;
    private readonly (int[] Ids, bool Positive)[] _sentences;
    private readonly int[] _allWords;

    public Lessons(IEnumerable<LabelledText> texts, ITokenizer tokenizer, Recipe recipe)
    {
        (_recipe, _tokenizer) = (recipe, tokenizer);
        _sentences = [.. texts.Select(t => (tokenizer.Encode(t.Text, special: false).Ids.ToArray(), t.Positive))];
        _allWords = [.. _sentences.SelectMany(s => s.Ids)];
        _teacher = new NaiveBayes(_sentences, recipe.Smoothing);
    }

    /// <summary>Who judges the made-up sentences.</summary>
    public NaiveBayes Teacher => _teacher;

    public int CountPerEpoch => _sentences.Length * (1 + _recipe.MadeUp);

    /// <summary>How often the teacher is right about sentences it was not made from.</summary>
    public double TeacherAccuracy(IReadOnlyList<LabelledText> texts) =>
        texts.Average(t => _teacher.Score([.. _tokenizer.Encode(t.Text, special: false).Ids]) > 0 == t.Positive ? 1.0 : 0.0);

    /// <summary>The lessons of one epoch in batches: random, but a batch holds sentences of similar length, so that little is padding.</summary>
    public Lesson[][] Epoch(Random random)
    {
        Lesson[] lessons = [.. _sentences.Select(s => Real(s.Ids, s.Positive, random)), .. MadeUp(random)];
        random.Shuffle(lessons);
        Lesson[][] batches = [.. lessons
            .Chunk(20 * _recipe.BatchSize)
            .SelectMany(chunk => chunk.OrderBy(l => l.Ids.Length).Chunk(_recipe.BatchSize))];
        random.Shuffle(batches);
        return batches;
    }

    private Lesson Real(int[] ids, bool positive, Random random)
    {
        float teacher = Probability(_teacher.ScoreWithout(ids, positive));
        float target = (_recipe.TrueLabels * (positive ? 1 : 0)) + ((1 - _recipe.TrueLabels) * teacher);
        int mask = _tokenizer.Special.Mask!.Value;
        return new(Framed(ids.Select(id => random.NextDouble() < _recipe.WordDropout ? mask : id)), target);
    }

    /// <summary>The beginning of one sentence and the end of another, with some words replaced: word pairs stay mostly real ones.</summary>
    private IEnumerable<Lesson> MadeUp(Random random)
    {
        for (int i = 0; i < _sentences.Length * _recipe.MadeUp; i++)
        {
            int[] first = random.GetItems(_sentences, 1)[0].Ids, second = random.GetItems(_sentences, 1)[0].Ids;
            int[] ids = [.. first.Take(random.Next(first.Length + 1)), .. second.Skip(random.Next(second.Length + 1))];
            ids = [.. ids.Take(LongestMadeUp).Select(id => random.NextDouble() < _recipe.Replaced ? random.GetItems(_allWords, 1)[0] : id)];
            yield return new(Framed(ids), Probability(_teacher.Score(ids)));
        }
    }

    private float Probability(double logOdds) => (float)(1 / (1 + Math.Exp(-logOdds / _recipe.Temperature)));

    private int[] Framed(IEnumerable<int> ids) => [_tokenizer.Special.Cls!.Value, .. ids, _tokenizer.Special.Sep!.Value];
}
