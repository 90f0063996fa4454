using Vitrine.Tensors;
using Vitrine.Transformers;

namespace Vitrine.Tests.Attributions;

/// <summary>
/// A language model whose reliance on context is known: after “then” it writes “he” or “she” as the cues before it say, “she” without any;
/// everything else it writes depends on the token before alone.
/// </summary>
internal sealed class PronounModel : ILanguageModel
{
    public const int Filler = 0, HisCue = 1, HerCue = 2, Then = 3, He = 4, She = 5, Left = 6;

    private const int Words = 7, Width = 4;

    // Columns: gender, is “then”, is a pronoun, is anything else.
    private static readonly Tensor s_table = Tensor.From([0, 0, 0, 1, 3, 0, 0, 1, -3, 0, 0, 1, 0, 1, 0, 0, 0, 0, 1, 0, 0, 0, 1, 0, 0, 0, 0,
        1f], [Words, Width]);

    // Rows: gender after “then”, “then”, pronoun, else; columns: words.
    private static readonly Tensor s_head = Tensor.From(
        [0, 0, 0, 0, 1, -1, 0, 0, 0, 0, 0, 2, 3, 0, 0, 0, 0, 0, 0, 0, 4, 1, 0, 0, 3, 0, 0, 0f], [Width, Words]);

    public ModelInfo Info { get; } = new()
    {
        ModelType = "pronoun",
        Architecture = "PronounModel",
        Task = ModelTask.CausalLanguageModel,
        DModel = Width,
        NLayers = 0,
        NHeads = 0,
        VocabSize = Words,
        MaxPositions = 64,
    };

    public ITokenizer? Tokenizer => null;

    public IReadOnlyList<HookPoint> HookPoints => [];

    public IReadOnlyList<Parameter> Parameters => [];

    public WeightReport Weights => throw new NotSupportedException();

    public IReadOnlyList<string> Notices => [];

    public Tensor Embed(Tensor ids) => s_table.Gather(ids);

    public Tensor Forward(ModelInput input) => Logits(Hidden(input));

    public Tensor Hidden(ModelInput input)
    {
        Tensor x = input.Embeddings ?? Embed(input.Ids!);
        int length = x.Shape[1];
        float[] before = new float[length * length];
        for (int q = 0; q < length; q++)
        {
            Array.Fill(before, 1, q * length, q + 1);
        }
        // [batch, pos, 1]
        Tensor gender = Tensor.From(before, [1, length, length]).Expand([x.Shape[0], length, length]).MatMul(x.Slice(2, 0, 1));
        return TensorOps.Concat(2, gender * x.Slice(2, 1, 1), x.Slice(2, 1, 3));
    }

    public Tensor Logits(Tensor hidden) => hidden.Reshape([hidden.Shape[0] * hidden.Shape[1], Width]).MatMul(s_head)
        .Reshape([hidden.Shape[0], hidden.Shape[1], Words]);

    public Tensor Logits(Tensor hidden, Tensor ids) => Logits(hidden).Pick(ids);
}
