using System.Globalization;
using Vitrine.Attributions;
using Vitrine.Cli;
using Vitrine.Tensors;
using Vitrine.Transformers;

namespace Vitrine.Bench;

/// <summary>The works that are timed, over one fixed text.</summary>
internal sealed class ModelWork
{
    private readonly ILanguageModel _model;
    private readonly int[] _ids;
    private readonly int _generate;
    private readonly int _steps;
    private readonly CancellationToken _cancellation;
    private readonly Tensor _embeddings;

    public ModelWork(Explainer loaded, int tokens, int generate, int steps, CancellationToken cancellation)
    {
        ModelInfo info = loaded.Model.Info;
        if (loaded.Model is not ILanguageModel { Info.Task: ModelTask.CausalLanguageModel } model)
        {
            throw new CommandException(ExitCode.Usage,
                $"bench: not a causal language model; got {info.Architecture}; expected a decoder such as GPT-2 or Llama.");
        }
        if (tokens < 2 || tokens > info.MaxPositions || generate < 1 || generate >= tokens || steps < 1)
        {
            throw new CommandException(ExitCode.Usage, string.Create(CultureInfo.InvariantCulture,
                $"bench: sizes do not fit; got {tokens} tokens, {generate} generated, {steps} steps; expected 2 to {info.MaxPositions} "
                    + $"tokens, fewer generated, at least one step."));
        }
        (_model, _generate, _steps, _cancellation) = (model, generate, steps, cancellation);
        _ids = [.. Enumerable.Range(0, tokens).Select(i => (int)(((i * 7919L) + 13) % info.VocabSize))];
        _embeddings = model.Embed(Tensor.From(_ids, [1, tokens]));
        float[] last = Logits().AsSpan((tokens - 1) * info.VocabSize, info.VocabSize).ToArray();
        Target = Array.IndexOf(last, last.Max());
    }

    /// <summary>The token that is most probable after the text: what saliency and integrated gradients explain.</summary>
    public int Target { get; }

    /// <summary>Logits of all positions; returned are the first 64 of the last.</summary>
    public float[][] Forward()
    {
        Tensor logits = _model.Forward(new() { Embeddings = _embeddings });
        return [logits.Slice(1, _ids.Length - 1, 1).Slice(2, 0, Math.Min(64, _model.Info.VocabSize)).ToArray()];
    }

    /// <summary>Gradient of the target's logit with respect to the embeddings, summed over d_model.</summary>
    public float[][] Saliency() => Scores(new Saliency(), TargetLogit(), Request with { Aggregator = "sum" });

    /// <summary>Integrated gradients from zero, Gauss–Legendre, summed over d_model.</summary>
    /// <param name="batch">How many points share a forward and a backward.</param>
    public float[][] IntegratedGradients(int batch)
    {
        ScoreFunction f = TargetLogit();
        return Scores(new IntegratedGradients(), f, Request with
        {
            Steps = _steps,
            Baseline = Baseline.Zero,
            Aggregator = "sum",
            ByteBudget = Math.Max(1 << 20, batch * (f.BytesPerExample(recorded: true) + f.BytesPerSeed)),
        });
    }

    /// <summary>For each generated token, the L2 norm of the gradient of its probability at every token before it.</summary>
    public float[][] ExplainGeneration()
    {
        int given = _ids.Length - _generate;
        ScoreFunction f = Targets.Continuation(_model, ExplainedText.Of(_ids[..given]), _ids[given..]);
        float[][] rows = Scores(new Saliency(), f, Request);
        return [.. rows.Select((row, i) => row[..(given + i)])];
    }

    private AttributionRequest Request => AttributionRequest.Default with { Cancellation = _cancellation };

    private float[] Logits() => _model.Forward(new() { Embeddings = _embeddings }).ToArray();

    private ScoreFunction TargetLogit() => Targets.Words(_model, ExplainedText.Of(_ids), [new(_ids.Length - 1, Target)], "logit");

    private static float[][] Scores(IAttributionMethod method, ScoreFunction f, AttributionRequest request) =>
        [.. method.Attribute(f, request).Sides[0].Scores];
}
