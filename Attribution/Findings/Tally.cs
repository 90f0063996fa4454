namespace Vitrine.Attributions;

/// <summary>
/// What a report remembers of explanations: sums over all of them, and the first few themselves. Its memory grows with the words that
/// occur, not with the number of texts.
/// </summary>
public sealed class Tally
{
    private const int Whole = 20, Brief = 1000, Labels = 6, Words = 12;

    private readonly Dictionary<string, MethodTally> _methods = [];
    private readonly Dictionary<string, Mean> _pairs = [];
    private readonly List<Analysis> _first = [];
    private readonly List<AnalysisDocument> _briefs = [];
    private readonly WordTally _allWords = new(null);
    private readonly Dictionary<string, WordTally> _labels = [];
    private bool _hasManyLabels;

    /// <summary>A tally of some texts.</summary>
    public static Tally Of(IEnumerable<Analysis> analyses)
    {
        var tally = new Tally();
        foreach (Analysis analysis in analyses)
        {
            tally.Add(analysis);
        }
        return tally;
    }

    /// <summary>How many texts there were.</summary>
    public int Texts { get; private set; }

    /// <summary>The first texts, as they were explained.</summary>
    public IReadOnlyList<Analysis> First => _first;

    /// <summary>The methods in use, in the order in which they came.</summary>
    public IReadOnlyCollection<MethodTally> Methods => _methods.Values;

    /// <summary>The first texts in brief, for JSON.</summary>
    internal IReadOnlyList<AnalysisDocument> Briefs => _briefs;

    /// <summary>The mean correlation of two methods, pair by pair.</summary>
    internal IReadOnlyDictionary<string, Mean> Pairs => _pairs;

    /// <summary>Counts a text.</summary>
    public void Add(Analysis analysis)
    {
        Texts++;
        if (_first.Count < Whole)
        {
            _first.Add(analysis);
        }
        if (_briefs.Count < Brief)
        {
            _briefs.Add(AnalysisDocument.Of(analysis));
        }
        foreach (AttributionResult result in analysis.Results)
        {
            if (!_methods.TryGetValue(result.Method, out MethodTally? method))
            {
                _methods[result.Method] = method = new(result);
            }
            method.Add(result);
        }
        AttributionResult[] judged = [.. analysis.Results.Where(r => r.Method != Findings.Control)];
        foreach (Agreement pair in Agreement.OfPairs(judged).Where(pair => double.IsFinite(pair.Spearman)))
        {
            string name = $"{pair.First} · {pair.Second}";
            _pairs[name] = _pairs.GetValueOrDefault(name).With(pair.Spearman);
        }
        AddWords(analysis, [.. judged.Select(r => r.Words().Normalise())]);
    }

    /// <summary>
    /// The words that matter, per target label; one list for all where there are many labels, as where the targets are written tokens.
    /// </summary>
    public IReadOnlyList<(string Label, IReadOnlyList<TokenTotal> Words)> TopWords() => _hasManyLabels
        ? [("all targets", _allWords.Top(Words))]
        : [.. _labels.Select(label => (label.Key, label.Value.Top(Words)))];

    private void AddWords(Analysis analysis, AttributionResult[] words)
    {
        _allWords.Add(words);
        foreach (string label in analysis.Results[0].Targets.Select(t => t.Label).Distinct()
            .Where(label => !_hasManyLabels && !_labels.ContainsKey(label)))
        {
            _labels[label] = new(label);
        }
        _hasManyLabels |= _labels.Count > Labels;
        if (_hasManyLabels)
        {
            _labels.Clear();
        }
        foreach (WordTally label in _labels.Values)
        {
            label.Add(words);
        }
    }
}

/// <summary>A mean that grows.</summary>
internal readonly record struct Mean(double Sum, int Count)
{
    /// <summary>Σ / n; 0 of nothing.</summary>
    public double Value => Count == 0 ? 0 : Sum / Count;

    /// <summary>One value more.</summary>
    public Mean With(double value) => new(Sum + value, Count + 1);
}
