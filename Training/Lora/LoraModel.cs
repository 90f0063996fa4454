// LoRA (Hu et al. 2021, “LoRA: low-rank adaptation of large language models”): a model whose weights stay as they are, and next to
// some of them the product of two narrow matrices that is learned instead.
using Vitrine.Tensors;
using Vitrine.Transformers;

namespace Vitrine.Training;

/// <summary>
/// A model whose linear layers compute with W + α/r·(B·A)ᵀ, where W stays and only A <c>[r, d_in]</c> and B <c>[d_out, r]</c> are its
/// parameters. A head that names classes or answers is learned whole together with them, as PEFT does. It trains and runs like any model;
/// <see cref="LoraAdapter"/> saves and merges it.
/// </summary>
public sealed class LoraModel : ITransformer
{
    private readonly Change[] _changes;
    private readonly (Parameter Base, Parameter Own)[] _whole;

    private LoraModel(ITransformer model, Change[] changes, (Parameter, Parameter)[] whole) =>
        (Base, _changes, _whole) = (model, changes, whole);

    /// <summary>The model beneath; its weights are not changed.</summary>
    public ITransformer Base { get; }

    /// <summary>α/r of every layer that is changed, by PEFT's name for it.</summary>
    public IReadOnlyDictionary<string, double> Scales => _changes.ToDictionary(change => change.Module, change => change.Scale);

    /// <inheritdoc/>
    public ModelInfo Info => Base.Info;

    /// <inheritdoc/>
    public ITokenizer? Tokenizer => Base.Tokenizer;

    /// <inheritdoc/>
    public IReadOnlyList<HookPoint> HookPoints => Base.HookPoints;

    /// <summary>A and B of every layer that is changed, and the head where it is learned whole.</summary>
    public IReadOnlyList<Parameter> Parameters =>
        [.. _changes.SelectMany(change => new[] { change.A, change.B }), .. _whole.Select(head => head.Own)];

    /// <inheritdoc/>
    public WeightReport Weights => Base.Weights;

    /// <inheritdoc/>
    public IReadOnlyList<string> Notices => Base.Notices;

    /// <summary>An adapter that changes nothing yet: A uniform within ±1/√d_in, B zero, the head a copy, as PEFT begins.</summary>
    /// <param name="model">The model to adapt.</param>
    /// <param name="options">Rank, scale and layers.</param>
    /// <param name="seed">Of A.</param>
    /// <exception cref="TrainingException">No layer has such a name.</exception>
    public static LoraModel Start(ITransformer model, LoraOptions options, int seed)
    {
        IReadOnlyList<string> targets = options.Targets.Count > 0 ? options.Targets : LoraOptions.Usual(model.Info.ModelType),
            heads = Heads(model);
        int drawn = 0;
        return Over(model, module => targets.Any(target => module == target || module.EndsWith("." + target, StringComparison.Ordinal))
            && !heads.Contains(module), _ => options.ScaledAlpha / options.Rank,
            (_, dIn, dOut) =>
            {
                var random = RandomAt.Of(seed, drawn++);
                return (Tensor.From([.. Enumerable.Range(0, options.Rank * dIn)
                    .Select(_ => (float)(((2 * random.NextDouble()) - 1) / Math.Sqrt(dIn)))], [options.Rank, dIn]),
                    Tensor.Zeros([dOut, options.Rank]));
            }, heads) ?? throw new TrainingException(
                $"lora: no such layer; got {string.Join(", ", targets)}; expected some "
                + $"of {string.Join(", ", Modules(model).Select(m => m.Key[(m.Key.LastIndexOf('.') + 1)..]).Distinct())}.");
    }

    /// <summary>
    /// Modules that PEFT learns whole together with its adapters (<c>modules_to_save</c>), by the model's task, and expects in the file.
    /// </summary>
    internal static IReadOnlyList<string> Heads(ITransformer model) => model.Info.Task switch
    {
        ModelTask.SequenceClassification or ModelTask.TokenClassification => ["classifier", "score"],
        ModelTask.QuestionAnswering => ["qa_outputs"],
        _ => [],
    };

    /// <summary>An adapter with given matrices, for the modules that are wanted; null when none is.</summary>
    internal static LoraModel? Over(ITransformer model, Func<string, bool> wanted, Func<string, double> scale,
        Func<string, int, int, (Tensor A, Tensor B)> make, IReadOnlyList<string>? heads = null)
    {
        Change[] changes = [.. Modules(model).Where(module => wanted(module.Key)).Select(module =>
        {
            Parameter[] parts = [.. module.OrderBy(p => p.Place.Part?.Offset)];
            (Tensor a, Tensor b) = make(module.Key, parts[0].Shape[0], parts.Sum(p => p.Shape[1]));
            return new Change(module.Key, parts, Of("lora_A", a), Of("lora_B", b), scale(module.Key));

            Parameter Of(string name, Tensor value) =>
                new($"{module.Key}.{name}", ParameterKind.Other, new($"{LoraAdapter.Prefix}{module.Key}.{name}.weight"), value,
                    isBuffer: false);
        })];
        return changes.Length == 0 ? null : new(model, changes, [.. model.Parameters
            .Where(p => heads?.Any(head => p.Place.Tensor.StartsWith(head + ".", StringComparison.Ordinal)) ?? false)
            .Select(p => (p, new Parameter(p.Name, p.Kind, new($"{LoraAdapter.Prefix}{p.Place.Tensor}", p.Place.Transposed),
                Tensor.From(p.Value.ToArray(), p.Shape), isBuffer: false)))]);
    }

    /// <summary>The linear layers of a model under the names PEFT gives them.</summary>
    internal static IEnumerable<IGrouping<string, Parameter>> Modules(ITransformer model) =>
        model.Parameters.Where(p => p.Kind == ParameterKind.Linear && !p.IsBuffer).GroupBy(p => Module(model, p.Place.Tensor));

    /// <summary>
    /// A stored tensor's module as PEFT finds it: with the prefix of the model beneath the head, which files may leave out
    /// (<c>transformer.h.0.attn.c_attn</c>); without it where there is no head.
    /// </summary>
    internal static string Module(ITransformer model, string tensor)
    {
        string module = tensor.EndsWith(".weight", StringComparison.Ordinal) ? tensor[..^".weight".Length] : tensor;
        (string prefix, string[] inside) = model.Info.ModelType switch
        {
            "bert" => ("bert.", (string[])["encoder.", "embeddings.", "pooler."]),
            "gpt2" or "gpt_bigcode" or "gpt_neo" or "gptj" or "codegen" or "bloom" =>
                ("transformer.", ["h.", "wte", "wpe", "ln_f", "word_embeddings"]),
            "mpt" => ("transformer.", ["blocks.", "wte", "norm_f"]),
            "gpt_neox" => ("gpt_neox.", ["layers.", "embed_in"]),
            "roberta" or "xlm-roberta" or "camembert" => ("roberta.", []),
            "distilbert" or "electra" or "albert" or "mpnet" or "roformer" => (model.Info.ModelType + ".", []),
            "data2vec-text" => ("data2vec_text.", []),
            "deberta-v2" => ("deberta.", []),
            "t5" or "mt5" => ("", []), // no model beneath the head
            _ => ("model.", ["layers.", "encoder.", "decoder.", "shared"]),
        };
        bool prefixed = module.StartsWith(prefix, StringComparison.Ordinal);
        return model.Info.Task == ModelTask.None ? prefixed ? module[prefix.Length..] : module
            : !prefixed && inside.Any(start => module.StartsWith(start, StringComparison.Ordinal)) ? prefix + module : module;
    }

    /// <inheritdoc/>
    public Tensor Embed(Tensor ids) => Base.Embed(ids);

    /// <inheritdoc/>
    public Tensor Forward(ModelInput input)
    {
        using WeightScope scope = WeightScope.Compute(Changed());
        return Base.Forward(input);
    }

    /// <summary>W + α/r·(B·A)ᵀ for every parameter that is changed, and the adapter's own head.</summary>
    internal IEnumerable<KeyValuePair<Parameter, Tensor>> Changed()
    {
        foreach ((Parameter head, Parameter own) in _whole)
        {
            yield return new(head, own.Value);
        }
        foreach (Change change in _changes)
        {
            foreach (Parameter part in change.Parts)
            {
                Tensor b = part.Place.Part?.Of(change.B.Value, 0, part.Shape[1]) ?? change.B.Value;
                yield return new(part, part.Value + change.A.Value.MatMul(b, transposeA: true, transposeB: true)
                    .Scale((float)change.Scale));
            }
        }
    }

    /// <summary>A stored matrix (its parts are parameters of their own) and what is added to it.</summary>
    private sealed record Change(string Module, Parameter[] Parts, Parameter A, Parameter B, double Scale);
}
