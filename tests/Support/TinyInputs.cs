using Vitrine.Tensors;
using Vitrine.Transformers;

namespace Vitrine.Tests.Support;

/// <summary>Inputs for the tiny models.</summary>
internal static class TinyInputs
{
    /// <summary>Two sequences of seven tokens; for Marian with a target of five.</summary>
    public static ModelInput For(ITransformer model)
    {
        ModelInput input = new() { Ids = Tensor.From([5, 9, 13, 7, 30, 41, 3, 8, 8, 17, 22, 6, 11, 40], [2, 7]) };
        return model.Info.Task == ModelTask.SequenceToSequence
            ? input with { Target = new() { Ids = Tensor.From([49, 4, 12, 33, 9, 49, 20, 20, 7, 15], [2, 5]) } }
            : input;
    }

    /// <summary>The same by embeddings.</summary>
    public static ModelInput Embedded(ITransformer model, ModelInput input) => input with { Embeddings = model.Embed(input.Ids!) };
}
