using System.Diagnostics;
using System.Globalization;
using System.Text;
using Vitrine.Attributions;
using Vitrine.Tensors;
using Vitrine.Transformers;

namespace Vitrine.Bench;

/// <summary>
/// What 8 bits change: every model is loaded in float32, with int8 and with int8-all; logits and attributions over the same texts are
/// compared.
/// </summary>
internal static class Int8Agreement
{
    private const int Rounds = 15;

    private static readonly float[] s_thresholds = [6, 4, 3];

    private static readonly string[] s_methods = ["saliency", "input_x_gradient", "integrated_gradients", "deeplift", "occlusion",
        "attention_rollout"];

    /// <summary>Film reviews of our own making: the classifier has seen none of them.</summary>
    private static readonly string[] s_reviews =
    [
        "a gorgeous, witty, seductive movie", "an overlong and dull story that never comes alive",
        "the jokes are old, but the cast is wonderful",
        "it starts with promise and ends in a muddle of half-finished ideas", "a quiet, moving portrait of two brothers",
        "not bad, not good, just forgettable",
        "the camera lingers where the script has nothing to say", "funny, warm and never too sweet",
        "i laughed twice, and once was by mistake",
        "an inventive thriller that trusts its audience", "bloated, loud and empty",
        "the best performance of her career in a film that does not deserve it",
        "every frame is a painting, every line a cliche", "a documentary that asks hard questions and listens to the answers",
        "too clever for its own good",
        "you will leave the cinema smiling",
    ];

    /// <summary>
    /// Arguments: the report's path, then folders of models; by default the golden models and the sentiment model of this repository.
    /// </summary>
    public static int Run(string[] args)
    {
        string[] folders = args.Length > 1 ? args[1..] : [.. Shipped()];
        var report = new StringBuilder();
        Write(report, "# What 8-bit weights change\n");
        Write(report, $"{Machine.Header()}.\n");
        Write(report, "Baseline: the same checkpoint in float32. `int8` rounds the linear layers of all blocks, `int8-all` every matrix;");
        Write(report, "`> t` is `int8 --outliers t`: columns (inputs) that hold a weight larger than t root mean squares of their matrix "
            + "stay in float32; `kept` is their share.");
        Write(report, "Logits: root mean square of the difference, as a part of the logits' own deviation; "
            + "the largest difference, in the same unit; KL(float32 ‖ int8) in nats,");
        Write(report, "mean and largest; share of rows whose first choice stays. "
            + "`time` is that of a forward as a part of float32's, medians of fifteen rounds. "
            + "The sentiment model is trained and reads sixteen reviews; "
            + "the golden models are random and two blocks deep, and read eight texts of random ids, as models of other folders do.");
        Write(report, "Made by `dotnet run -c Release --project bench -- int8-agreement report.md [folders]`.\n");
        Write(report, "| model | weights | kept | bytes | time | logits, rms | logits, largest | KL, mean | KL, largest | same choice |");
        Write(report, "|---|---|---|---|---|---|---|---|---|---|");
        List<string> agreements = [];
        foreach (string folder in folders)
        {
            ITransformer exact = ModelLoader.Load(folder);
            ExplainedText[] texts = Texts(exact);
            (string Weights, ITransformer Model)[] variants =
            [
                ("int8", ModelLoader.Load(folder, Quantization.Int8)),
                .. s_thresholds.Select(t => ($"int8, > {t}", ModelLoader.Load(folder, Quantization.Int8, t))),
                ("int8-all", ModelLoader.Load(folder, Quantization.Int8All)),
            ];
            double[] times = Time([exact, .. variants.Select(v => v.Model)], texts);
            foreach ((int v, (string weights, ITransformer rounded)) in variants.Index())
            {
                string name = $"| {Path.GetFileName(folder.TrimEnd('/'))} | {weights} |",
                    time = (times[v + 1] / times[0]).ToString("F2", CultureInfo.InvariantCulture);
                Write(report, $"{name} {Kept(rounded)} | {Bytes(exact, rounded)} | {time} | {Logits(exact, rounded, texts)} |");
                agreements.Add($"{name} {string.Join(" | ", s_methods.Select(method => Attributions(method, exact, rounded, texts)))} |");
            }
        }
        Write(report, "\nAgreement of attributions, means over texts and targets: Spearman's ρ of importance |score| · share of the five "
            + "strongest tokens that both have · share of");
        Write(report, "those with the same sign, where a method has signs.\n");
        Write(report, $"| model | weights | {string.Join(" | ", s_methods)} |");
        Write(report, $"|---|---|{string.Concat(Enumerable.Repeat("---|", s_methods.Length))}");
        agreements.ForEach(line => Write(report, line));
        if (args.Length > 0)
        {
            File.WriteAllText(args[0], report.ToString());
        }
        return 0;
    }

    /// <summary>Columns kept in float32, of all that the rounded linear layers have.</summary>
    private static string Kept(ITransformer model)
    {
        Int8Matrix[] matrices = [.. model.Parameters.Where(p => p.Kind == ParameterKind.Linear).Select(p => p.Int8).OfType<Int8Matrix>()];
        return ((double)matrices.Sum(w => w.Outliers?.Columns.Count ?? 0) / matrices.Sum(w => w.Shape[1])).ToString("P1",
            CultureInfo.InvariantCulture);
    }

    /// <summary>
    /// Median milliseconds of a forward of every text, of all models in every round, so that they share the machine's moods.
    /// </summary>
    private static double[] Time(ITransformer[] models, ExplainedText[] texts)
    {
        double[][] times = [.. models.Select(_ => new double[Rounds])];
        for (int round = -1; round < Rounds; round++) // the first one warms up
        {
            for (int m = 0; m < models.Length; m++)
            {
                var clock = Stopwatch.StartNew();
                Array.ForEach(texts, text => Forward(models[m], text));
                times[m][Math.Max(round, 0)] = clock.Elapsed.TotalMilliseconds / texts.Length;
            }
        }
        return [.. times.Select(rounds => Stopwatches.Median([.. rounds.Order()]))];
    }

    private static string Bytes(ITransformer exact, ITransformer rounded)
    {
        long bytes = rounded.Parameters.Sum(p => p.Int8?.Bytes ?? (sizeof(float) * (long)p.Shape.Elements)),
            before = exact.Parameters.Sum(p => sizeof(float) * (long)p.Shape.Elements);
        return string.Create(CultureInfo.InvariantCulture, $"{100.0 * bytes / before:F0} %");
    }

    private static string Logits(ITransformer exact, ITransformer rounded, ExplainedText[] texts)
    {
        LogitErrors e = Compare(exact, rounded, texts);
        return string.Create(CultureInfo.InvariantCulture, $"{e.Rms:P2} | {e.Largest:P2} | {e.Kl:0.0e0} | {e.WorstKl:0.0e0} "
            + $"| {e.SameChoice:P1}");
    }

    /// <summary>How far the logits of two models are apart over some texts.</summary>
    public static LogitErrors Compare(ITransformer exact, ITransformer rounded, ExplainedText[] texts)
    {
        double squares = 0, largest = 0, own = 0, kl = 0, worst = 0;
        int count = 0, rows = 0, same = 0;
        foreach (ExplainedText text in texts)
        {
            Tensor a = Forward(exact, text), b = Forward(rounded, text);
            float[] x = a.ToArray(), y = b.ToArray(), divergence = a.LogSoftmax().KlDiv(b.LogSoftmax()).ToArray();
            double mean = x.Average();
            for (int i = 0; i < x.Length; i++)
            {
                double difference = (double)y[i] - x[i];
                (squares, own, largest) = (squares + (difference * difference), own + ((x[i] - mean) * (x[i] - mean)),
                    Math.Max(largest, Math.Abs(difference)));
            }
            (count, rows, kl, worst) = (count + x.Length, rows + divergence.Length, kl + divergence.Sum(),
                Math.Max(worst, divergence.Max()));
            int classes = a.Shape[^1];
            same += x.Chunk(classes).Zip(y.Chunk(classes)).Count(pair => First(pair.First) == First(pair.Second));
        }
        double deviation = Math.Sqrt(own / count);
        return new(Math.Sqrt(squares / count) / deviation, largest / deviation, Math.Max(0, kl / rows), worst, (double)same / rows);
    }

    /// <summary>How far a method's attributions agree: Spearman's ρ, shared top five, shared signs.</summary>
    public static string Attributions(string method, ITransformer exact, ITransformer rounded, ExplainedText[] texts)
    {
        IAttributionMethod explain = AttributionMethods.Get(method);
        Agreement[] all = [.. texts.Select(text =>
        {
            ScoreFunction f = Function(exact, text, null);
            return Agreement.Between(explain.Attribute(f, new()), explain.Attribute(Function(rounded, text, f), new()));
        })];
        return string.Join(" · ", new[] { Mean(a => a.Spearman, "F4"), Mean(a => a.TopOverlap, "F2"),
            Mean(a => a.SameSign, "F2") }.Where(text => text != ""));

        string Mean(Func<Agreement, double> of, string format)
        {
            double[] known = [.. all.Select(of).Where(double.IsFinite)];
            return known.Length == 0 ? "" : known.Average().ToString(format, CultureInfo.InvariantCulture);
        }
    }

    /// <summary>
    /// The logits of every decision the model makes, a row each; the start and the end of an answer are choices among positions.
    /// </summary>
    private static Tensor Forward(ITransformer model, ExplainedText text)
    {
        ModelInput input = new() { Ids = Tensor.From(text.Ids, [1, text.Tokens.Count]) };
        Tensor y = model.Forward(model.Info.Task == ModelTask.SequenceToSequence
            ? input with { Target = new() { Ids = Tensor.From([model.Info.DecoderStartId ?? 0, .. text.Ids[..6]], [1, 7]) } } : input);
        return model.Info.Task == ModelTask.QuestionAnswering ? y.Transpose() : y;
    }

    /// <summary>The same question to both: what the float32 model decided, or the words that follow.</summary>
    private static ScoreFunction Function(ITransformer model, ExplainedText text, ScoreFunction? asked)
    {
        int[] ids = [.. asked?.Targets.Select(t => t.Id ?? 0) ?? []];
        return model.Info.Task switch
        {
            ModelTask.SequenceClassification => Targets.Labels(model, text, ids.Length > 0 ? ids : null),
            ModelTask.QuestionAnswering => Targets.Answer(model, text, ids.Length > 0 ? ids[0] : null, ids.Length > 1 ? ids[1] : null),
            ModelTask.MaskedLanguageModel => Targets.Words((ILanguageModel)model, text, [new(3, text.Ids[3]), new(7, text.Ids[7])]),
            ModelTask.CausalLanguageModel => Targets.Continuation((ILanguageModel)model, text, [.. text.Ids[..3]]),
            ModelTask.SequenceToSequence => Targets.Translation((ILanguageModel)model, text, [.. text.Ids[..4]]),
            _ => throw new VitrineException($"bench: no question for this kind of model; "
                + $"got {model.Info.Architecture}; expected one with a head."),
        };
    }

    /// <summary>What a model reads here.</summary>
    public static ExplainedText[] Texts(ITransformer model)
    {
        if (model is { Tokenizer: { } tokenizer, Info.Task: ModelTask.SequenceClassification })
        {
            return [.. s_reviews.Select(review => ExplainedText.Of(tokenizer.Encode(review)))];
        }
        var random = new Random(1);
        int vocab = model.Info.VocabSize, length = Math.Min(12, model.Info.MaxPositions - 3);
        return [.. Enumerable.Range(0, 8)
            .Select(_ => ExplainedText.Of([.. Enumerable.Range(0, length).Select(_ => random.Next(vocab / 8, vocab * 7 / 8))]))];
    }

    private static IEnumerable<string> Shipped() =>
        Folders("models/sentiment", "tests/Golden/bert_cls", "tests/Golden/bert_mlm", "tests/Golden/bert_qa", "tests/Golden/gpt2",
            "tests/Golden/llama", "tests/Golden/marian");

    /// <summary>Folders of this repository by their names in it.</summary>
    public static IEnumerable<string> Folders(params string[] names)
    {
        DirectoryInfo? root = new(AppContext.BaseDirectory);
        while (root is not null && !File.Exists(Path.Combine(root.FullName, "Vitrine.slnx")))
        {
            root = root.Parent;
        }
        return root is null ? [] : names.Select(folder => Path.Combine(root.FullName, folder));
    }

    private static int First(float[] row) => Array.IndexOf(row, row.Max());

    private static void Write(StringBuilder report, string line)
    {
        Console.WriteLine(line);
        report.Append(line).Append('\n');
    }
}

/// <summary>How far the logits of two models are apart.</summary>
/// <param name="Rms">Root mean square of the difference, as a part of the logits' own deviation.</param>
/// <param name="Largest">The largest difference, in the same unit.</param>
/// <param name="Kl">KL divergence in nats, mean.</param>
/// <param name="WorstKl">The largest.</param>
/// <param name="SameChoice">Share of rows whose first choice stays.</param>
internal readonly record struct LogitErrors(double Rms, double Largest, double Kl, double WorstKl, double SameChoice);
