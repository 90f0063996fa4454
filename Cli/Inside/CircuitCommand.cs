using Vitrine.Attributions;
using Vitrine.Viz;

namespace Vitrine.Cli;

/// <summary><c>vitrine circuit</c>: which heads and layers, joined how, make an answer.</summary>
internal static class CircuitCommand
{
    public static Verb Create(Terminal terminal)
    {
        var source = new ModelSource("models/induction");
        var pairs = new PairOptions();
        var output = new InsideOutput();
        var method = Declare.Value<string>("--method", "name",
            "eap, eap-ig-inputs, eap-ig-activations, clean-corrupted, information-flow or exact.", "eap-ig-inputs");
        var steps = Declare.Value<int>("--steps", "n", "Steps of integrated gradients.", 5);
        var right = Declare.Flag("--right", "Steps k = 1…m, as in the paper, instead of 0…m − 1, as EAP-IG's code has them.");
        var top = Declare.Value<int?>("--top", "n", "Keep so many edges. Default: 20.");
        var greedy = Declare.Value<int?>("--greedy", "n", "Keep so many edges, chosen from the logits up.");
        var threshold = Declare.Value<double?>("--threshold", "score", "Keep edges whose |score| reaches this.");
        var ablation = Declare.Value<string>("--ablation", "name",
            "What edges outside a circuit carry: corrupted (the other run's output), zero, mean (over corrupted inputs and positions) or "
            + "mean-per-position.", "corrupted");
        var curve = Declare.Flag("--curve", "Measure faithfulness of circuits of growing size, with complements and random circuits.");
        var plot = new PlotOption("the curves of --curve");
        var load = Declare.Value<string?>("--load", "path", "Read scores and circuit from a file of EAP-IG's form instead of scoring.");
        var save = Declare.Value<string?>("--save", "path", "Write scores and circuit in EAP-IG's form.");
        var dot = Declare.Value<string?>("--dot", "path", "Write the circuit for Graphviz.");
        return new Verb("circuit", "Finds the circuit that makes an answer: scores every edge between heads and layers, chooses, prunes, and measures what the choice carries.", """
            vitrine circuit                                     # the shipped induction model
            vitrine circuit --top 12 --svg circuit.svg --dot circuit.dot
            vitrine circuit --curve --html curve.html --plot curve.png
            vitrine circuit --model path/to/gpt2 --generate ioi --count 16 --greedy 200 --save ioi.json
            vitrine circuit --load ioi.json --model path/to/gpt2 --generate ioi --count 16
            """)
            .With(method, steps, right, ablation, top, greedy, threshold, curve, load, save, dot).With(plot.Symbols)
            .With(pairs.Symbols).With(output.Symbols)
                .With(source.Options)
            .Does((parsed, cancellation) =>
            {
                output.Probe(parsed, terminal);
                OutputFile.ProbeAll(terminal, parsed.GetValue(save), parsed.GetValue(dot));
                plot.Probe(parsed, terminal);
                if (plot.IsAsked(parsed) && !parsed.GetValue(curve))
                {
                    throw new CommandException(ExitCode.Usage, "plot: nothing to draw; got --plot without --curve; expected both.");
                }
                using Explainer explainer = source.Load(parsed, terminal);
                using ProgressLine progress = ProgressLine.Start("circuit", terminal);
                IReadOnlyList<PromptPair> given = pairs.Read(parsed, terminal, explainer);
                EdgeAblation carried = PatchCommand.Named<EdgeAblation>(parsed.GetValue(ablation)!, "--ablation");
                EdgeScores scores;
                Circuit circuit;
                if (parsed.GetValue(load) is { } path)
                {
                    (scores, circuit) = CircuitFile.FromJson(TextSource.ReadFile(path, terminal));
                    scores = scores with { Ablation = carried };
                }
                else
                {
                    scores = explainer.Inside.Edges(given, new()
                    {
                        Method = PatchCommand.Named<EdgeMethod>(parsed.GetValue(method)!, "--method"),
                        Steps = parsed.GetValue(steps),
                        Right = parsed.GetValue(right),
                        Ablation = carried,
                        Progress = progress,
                        Cancellation = cancellation,
                    });
                    circuit = parsed.GetValue(greedy) is { } g ? Circuit.Greedy(scores, Verb.Positive(g, "--greedy"))
                        : parsed.GetValue(threshold) is { } least ? Circuit.Threshold(scores, least)
                        : Circuit.Top(scores, Verb.Positive(parsed.GetValue(top) ?? 20, "--top"));
                }
                if (parsed.GetValue(curve))
                {
                    InsideResult measured = explainer.Inside.Curve(given, scores, greedy: parsed.GetValue(greedy) is not null,
                        progress: progress, cancellation: cancellation);
                    progress.Dispose();
                    plot.Write(parsed, terminal, () => StatisticCharts.Faithfulness(explainer.Name, measured));
                    InsideOutput.Write(parsed, terminal, measured);
                    return;
                }
                InsideResult result = explainer.Inside.Circuit(given, scores, circuit);
                result = parsed.GetValue(load) is null ? result : result with { Method = "saved_edges" };
                progress.Dispose();
                if (parsed.GetValue(save) is { } file)
                {
                    OutputFile.Write(file, CircuitFile.ToJson(scores, circuit), terminal);
                }
                if (parsed.GetValue(dot) is { } graph)
                {
                    OutputFile.Write(graph, CircuitFigure.Dot(circuit, scores), terminal);
                }
                InsideOutput.Write(parsed, terminal, result);
            });
    }
}
