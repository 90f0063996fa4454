using System.Globalization;
using System.Text.RegularExpressions;
using Vitrine.Tensors;
using Vitrine.Transformers;

namespace Vitrine.Attributions;

/// <summary>A statement about a feature: it fires on what a pattern finds in a text.</summary>
/// <param name="Feature">Its number.</param>
/// <param name="Name">What it is said to stand for.</param>
/// <param name="Pattern">A regular expression; a token satisfies the statement where its characters overlap a match.</param>
public sealed record NamedFeature(int Feature, string Name, string Pattern);

/// <summary>How far the names of features hold on a text: precision and recall, next to chance.</summary>
public static class FeatureCheck
{
    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(10); // per pattern; one that backtracks without end is refused

    private static readonly string[] s_measures = ["precision", "of activation", "of top", "recall", "chance"];

    /// <summary>Measures every statement.</summary>
    /// <param name="model">The model, with a tokenizer.</param>
    /// <param name="sae">The autoencoder.</param>
    /// <param name="text">A text, best one that neither model nor autoencoder was trained on; it is read in windows.</param>
    /// <param name="named">The statements.</param>
    /// <param name="top">How many of a feature's largest activations <c>of top</c> looks at.</param>
    /// <param name="hook">The hook; null: the one it was trained on.</param>
    /// <param name="progress">Told how much of the text is read, 0–1.</param>
    /// <param name="cancellation">Stops between windows.</param>
    /// <returns>
    /// Table <c>named</c> <c>[feature, measure]</c>: <c>precision</c>, the share of tokens with an activation that satisfy the statement;
    /// <c>of activation</c>, their share of the summed activation; <c>of top</c>, their share of the largest activations; <c>recall</c>,
    /// the share of matches that have an activation on one of their tokens; <c>chance</c>, the share of all tokens that satisfy it. Table
    /// <c>activations</c> <c>[feature]</c>: how many tokens it fires on. NaN where there is nothing to divide by.
    /// </returns>
    /// <exception cref="VitrineException">A feature does not exist, or a pattern cannot be used.</exception>
    public static InsideResult Run(ITransformer model, SparseAutoencoder sae, string text, IReadOnlyList<NamedFeature> named, int top = 20,
        string? hook = null, IProgress<double>? progress = null, CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(model);
        ArgumentNullException.ThrowIfNull(sae);
        ArgumentNullException.ThrowIfNull(named);
        ITokenizer tokenizer = model.Tokenizer ?? throw new VitrineException("names: the model has no tokenizer; expected one.");
        if (named.Count == 0)
        {
            throw new VitrineException("names: no features; expected at least one.");
        }
        Statement[] statements = [.. named.Select(n => new Statement(n, sae, text))];
        string at = SaeSplice.HookOf(sae, hook);
        Encoding encoding = tokenizer.Encode(text, special: false);
        int window = Math.Max(1, Math.Min(encoding.Count, model.Info.MaxPositions)), all = sae.Config.DSae;
        for (int from = 0; from < encoding.Count; from += window)
        {
            cancellation.ThrowIfCancellationRequested();
            using Recorder.Pause pause = Recorder.Suspend();
            int[] ids = encoding.Ids[from..Math.Min(encoding.Count, from + window)];
            float[] features = sae.Encode(PatchSweep.Capture(model, ModelInput.Of(ids), [at])[at]).ToArray();
            for (int p = 0; p < ids.Length; p++)
            {
                foreach (Statement one in statements)
                {
                    one.Add(features[(p * all) + one.Feature], encoding.Offsets[from + p]);
                }
            }
            progress?.Report((double)(from + ids.Length) / encoding.Count);
        }
        InsideAxis axis = new("feature", [.. named.Select(n => string.Create(CultureInfo.InvariantCulture, $"{n.Feature} {n.Name}"))]);
        return new()
        {
            Method = "sae_names",
            Numbers = new Dictionary<string, double> { ["tokens"] = encoding.Count },
            Tables =
            [
                InsideTable.Of("named", "share of what the feature fires on that its name says; recall: share of what its name says that "
                    + "it fires on; chance: share of all tokens that its name says", [.. statements.SelectMany(s => s.Shares(top))], axis,
                    new InsideAxis("measure", s_measures)),
                InsideTable.Of("activations", "tokens with an activation", [.. statements.Select(s => (double)s.Fired)], axis),
            ],
            Parameters = new Dictionary<string, string>
            {
                ["hook"] = at,
                ["sae"] = sae.Config.ToString(),
                ["window"] = window.ToString(CultureInfo.InvariantCulture),
                ["top"] = top.ToString(CultureInfo.InvariantCulture),
            },
        };
    }

    /// <summary>One statement and what was seen of it.</summary>
    private sealed class Statement
    {
        private readonly List<(float Value, bool Said)> _fired = [];
        private readonly List<(int Begin, int End)> _matches = [];
        private readonly HashSet<int> _found = [];
        private int _next, _said, _tokens;

        public Statement(NamedFeature named, SparseAutoencoder sae, string text)
        {
            Feature = named.Feature;
            sae.Config.ExpectFeature(Feature);
            try
            {
                foreach (Match m in new Regex(named.Pattern, RegexOptions.CultureInvariant, s_patience).Matches(text))
                {
                    if (m.Length > 0)
                    {
                        _matches.Add((m.Index, m.Index + m.Length));
                    }
                }
            }
            catch (Exception e) when (e is ArgumentException or RegexMatchTimeoutException)
            {
                throw new VitrineException(FormattableString.Invariant(
                    $"names: the pattern of feature {named.Feature} cannot be used; got '{named.Pattern}'; expected a regular expression. ")
                    + e.Message, e);
            }
        }

        public int Feature { get; }

        public int Fired => _fired.Count;

        // Tokens come in the order of the text.
        public void Add(float activation, TextSpan span)
        {
            _tokens++;
            while (_next < _matches.Count && _matches[_next].End <= span.Start)
            {
                _next++;
            }
            bool said = _next < _matches.Count && _matches[_next].Begin < span.End;
            _said += said ? 1 : 0;
            if (activation > 0)
            {
                _fired.Add((activation, said));
                if (said)
                {
                    _found.Add(_next);
                }
            }
        }

        public double[] Shares(int top) =>
        [
            Share(_fired), _fired.Sum(f => f.Said ? (double)f.Value : 0) / _fired.Sum(f => (double)f.Value),
            Share([.. _fired.OrderByDescending(f => f.Value).Take(top)]), (double)_found.Count / _matches.Count, (double)_said / _tokens,
        ];

        private static double Share(List<(float Value, bool Said)> fired) => (double)fired.Count(f => f.Said) / fired.Count;
    }
}
