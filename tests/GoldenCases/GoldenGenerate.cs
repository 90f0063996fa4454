using System.Text.Json;
using Vitrine.Tensors;
using Vitrine.Transformers;

namespace Vitrine.Tests;

/// <summary>generate/*: the same tokens, and the same scores of beams, as Hugging Face's generate.</summary>
internal static class GoldenGenerate
{
    private static readonly string[] s_tensors = ["input_ids", "attention_mask", "decoder_input_ids"];

    public static void Run(GoldenModel golden, GoldenCase one, GoldenCheck check)
    {
        var model = (IGenerator)golden.Model;
        ModelInput input = GoldenForward.Input(one);
        GenerationOptions options = Options(model.GenerationDefaults, one, check);
        GenerationResult result = model.Generate(input, options);

        int pad = one.HasValue("pad_token_id") ? (int)one.Number("pad_token_id") : model.GenerationDefaults.Fill;
        if (pad == 0 && options.NumBeams > 1 && options.EosIds is [int eos, ..])
        {
            pad = eos; // transformers 5 fills beams with "pad_token_id or eos_token_id[0]", where 0 counts as none
        }
        if (one.Expected.ContainsKey("sequences"))
        {
            check.Equal("sequences", [.. result.Padded(pad).SelectMany(row => row)]);
        }
        if (one.Expected.ContainsKey("sequences_scores"))
        {
            check.Close("sequences_scores", [result.Sequences.Count], [.. result.Sequences.Select(s => (float)s.Score)]);
        }
        if (one.Expected.ContainsKey("step_logits"))
        {
            var decode = new Decode(model, input, options);
            Tensor[] steps = [decode.Begin(), .. result.Sequences[0].Tokens.SkipLast(1).Select(token => decode.Step([token]))];
            check.Close("step_logits", TensorOps.Concat(0, steps));
        }
    }

    private static GenerationOptions Options(GenerationOptions options, GoldenCase one, GoldenCheck check)
    {
        foreach (string name in one.Inputs.Except(s_tensors))
        {
            JsonElement value = one.Json(name);
            options = name switch
            {
                "max_new_tokens" => options with { MaxNewTokens = value.GetInt32() },
                "min_new_tokens" => options with { MinNewTokens = value.GetInt32() },
                "num_beams" => options with { NumBeams = value.GetInt32() },
                "num_return_sequences" => options with { NumReturnSequences = value.GetInt32() },
                "length_penalty" => options with { LengthPenalty = value.GetDouble() },
                "repetition_penalty" => options with { RepetitionPenalty = value.GetDouble() },
                "no_repeat_ngram_size" => options with { NoRepeatNgramSize = value.GetInt32() },
                "early_stopping" => options with
                {
                    EarlyStopping = value.ValueKind switch
                    {
                        JsonValueKind.True =>
                    EarlyStopping.Yes,
                        JsonValueKind.False => EarlyStopping.No,
                        _ => EarlyStopping.Never
                    }
                },
                "eos_token_id" => options with
                {
                    EosIds = value.ValueKind switch
                    {
                        JsonValueKind.Null => [],
                        JsonValueKind.Number =>
                    [value.GetInt32()],
                        _ => [.. value.EnumerateArray().Select(x => x.GetInt32())]
                    }
                },
                "pad_token_id" => options with { PadId = Id(value) },
                "forced_eos_token_id" => options with { ForcedEosId = Id(value) },
                "forced_bos_token_id" => options with { ForcedBosId = Id(value) },
                "bad_words_ids" => options with
                {
                    BadWords = value.ValueKind == JsonValueKind.Null
                    ? []
                    : [.. value.EnumerateArray()
                        .Select(word => (IReadOnlyList<int>)[.. word.EnumerateArray().Select(x => x.GetInt32())])]
                },
                _ => Unknown(name),
            };
        }
        return options;

        static int? Id(JsonElement value) => value.ValueKind == JsonValueKind.Null ? null : value.GetInt32();

        GenerationOptions Unknown(string name)
        {
            check.Fail($"input '{name}' is not understood");
            return options;
        }
    }
}
