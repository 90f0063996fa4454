using Vitrine.Tests.Architecture;
using Vitrine.Tests.Support;
using Vitrine.Transformers;
using Xunit;

namespace Vitrine.Tests.Models;

/// <summary>Hook names are API: renaming one breaks code that reads it. docs/HOOKS.md is made from the same lists.</summary>
public class HookListTests
{
    private const string Update = "VITRINE_UPDATE_DOCS";

    [Fact]
    public void Gpt2_Names_AreThese() => Check("gpt2", null, """
        hook_embed hook_pos_embed
        blocks.0.hook_resid_pre blocks.0.ln1.hook_scale blocks.0.ln1.hook_normalized
        blocks.0.attn.hook_q blocks.0.attn.hook_k blocks.0.attn.hook_v
        blocks.0.attn.hook_attn_scores blocks.0.attn.hook_pattern blocks.0.attn.hook_z blocks.0.attn.hook_result
        blocks.0.hook_attn_out blocks.0.hook_resid_mid blocks.0.ln2.hook_scale blocks.0.ln2.hook_normalized
        blocks.0.mlp.hook_pre blocks.0.mlp.hook_post blocks.0.hook_mlp_out blocks.0.hook_resid_post
        ln_final.hook_scale ln_final.hook_normalized hook_logits
        """);

    [Fact]
    public void Llama_Names_AreThese() => Check("llama", null, """
        hook_embed
        blocks.0.hook_resid_pre blocks.0.ln1.hook_scale blocks.0.ln1.hook_normalized
        blocks.0.attn.hook_q blocks.0.attn.hook_k blocks.0.attn.hook_v blocks.0.attn.hook_rot_q blocks.0.attn.hook_rot_k
        blocks.0.attn.hook_attn_scores blocks.0.attn.hook_pattern blocks.0.attn.hook_z blocks.0.attn.hook_result
        blocks.0.hook_attn_out blocks.0.hook_resid_mid blocks.0.ln2.hook_scale blocks.0.ln2.hook_normalized
        blocks.0.mlp.hook_pre blocks.0.mlp.hook_pre_linear blocks.0.mlp.hook_post blocks.0.hook_mlp_out blocks.0.hook_resid_post
        ln_final.hook_scale ln_final.hook_normalized hook_logits
        """);

    [Fact]
    public void Bert_Names_AreThese() => Check("bert", null, BertBody + " mlm_head.ln.hook_scale mlm_head.ln.hook_normalized hook_logits");

    [Fact]
    public void BertClassifier_Names_AreThese() =>
        Check("bert", "BertForSequenceClassification", BertBody + " pooler.hook_pooler_out hook_logits");

    [Fact]
    public void Marian_Names_AreThese() => Check("marian", null, """
        encoder.hook_embed encoder.hook_pos_embed
        encoder.0.hook_resid_pre encoder.0.attn.hook_q encoder.0.attn.hook_k encoder.0.attn.hook_v
        encoder.0.attn.hook_attn_scores encoder.0.attn.hook_pattern encoder.0.attn.hook_z encoder.0.attn.hook_result
        encoder.0.hook_attn_out encoder.0.hook_resid_mid encoder.0.ln1.hook_scale encoder.0.ln1.hook_normalized
        encoder.0.mlp.hook_pre encoder.0.mlp.hook_post encoder.0.hook_mlp_out encoder.0.hook_resid_post
        encoder.0.ln2.hook_scale encoder.0.ln2.hook_normalized encoder.0.hook_normalized_resid_post
        decoder.hook_embed decoder.hook_pos_embed
        decoder.0.hook_resid_pre decoder.0.attn.hook_q decoder.0.attn.hook_k decoder.0.attn.hook_v
        decoder.0.attn.hook_attn_scores decoder.0.attn.hook_pattern decoder.0.attn.hook_z decoder.0.attn.hook_result
        decoder.0.hook_attn_out decoder.0.hook_resid_mid decoder.0.ln1.hook_scale decoder.0.ln1.hook_normalized
        decoder.0.cross_attn.hook_q decoder.0.cross_attn.hook_k decoder.0.cross_attn.hook_v
        decoder.0.cross_attn.hook_attn_scores decoder.0.cross_attn.hook_pattern decoder.0.cross_attn.hook_z decoder.0.cross_attn.hook_result
        decoder.0.hook_cross_attn_out decoder.0.hook_resid_mid_cross decoder.0.ln2.hook_scale decoder.0.ln2.hook_normalized
        decoder.0.mlp.hook_pre decoder.0.mlp.hook_post decoder.0.hook_mlp_out decoder.0.hook_resid_post
        decoder.0.ln3.hook_scale decoder.0.ln3.hook_normalized decoder.0.hook_normalized_resid_post
        hook_logits
        """);

    [Fact]
    public void HooksPage_ListsWhatModelsHave()
    {
        string file = Path.Combine(SourceTree.Root(), "docs", "HOOKS.md"), page = Page();
        if (Environment.GetEnvironmentVariable(Update) == "1")
        {
            File.WriteAllText(file, page);
        }

        Assert.True(File.Exists(file) && File.ReadAllText(file) == page,
            $"docs/HOOKS.md is not what the models have; run this test with {Update}=1.");
    }

    private const string BertBody = """
        embed.hook_embed embed.hook_pos_embed embed.hook_token_type_embed embed.ln.hook_scale embed.ln.hook_normalized hook_full_embed
        blocks.0.hook_resid_pre blocks.0.attn.hook_q blocks.0.attn.hook_k blocks.0.attn.hook_v
        blocks.0.attn.hook_attn_scores blocks.0.attn.hook_pattern blocks.0.attn.hook_z blocks.0.attn.hook_result
        blocks.0.hook_attn_out blocks.0.hook_resid_mid blocks.0.ln1.hook_scale blocks.0.ln1.hook_normalized
        blocks.0.mlp.hook_pre blocks.0.mlp.hook_post blocks.0.hook_mlp_out blocks.0.hook_resid_post
        blocks.0.ln2.hook_scale blocks.0.ln2.hook_normalized blocks.0.hook_normalized_resid_post
        """;

    private static void Check(string family, string? architecture, string names) =>
        Assert.Equal(names.Split((char[])[' ', '\n'], StringSplitOptions.RemoveEmptyEntries),
            Points(family, architecture).Select(p => p.Name));

    private static IReadOnlyList<HookPoint> Points(string family, string? architecture = null)
    {
        using var folder = new TempFolder();
        return TinyModels.Load(folder.Path, family, architecture, layers: 1).HookPoints;
    }

    private static string Page()
    {
        var page = new List<string> { """
            # Hook points

            Every activation below can be read and replaced, and asked for its gradient, by name. Names are TransformerLens' own
            (its `HookedTransformer`, `HookedEncoder` and `HookedEncoderDecoder`); `hook_logits` is ours. `N` is the number of a block, from 0.

            <!-- setup
            ITransformer model = ModelLoader.Load("models/sorter");
            ModelInput input = ModelInput.Of(model.Tokenizer!.Encode("3142=").Ids);
            -->
            ```csharp
            using var cache = model.Cache("blocks.*.attn.hook_pattern");                     // * stands for any characters
            using var edit = model.Intervene("blocks.1.hook_mlp_out", x => x.Scale(0));      // what is returned takes its place
            using var tape = new Tape();
            Tensor logits = model.Forward(input);
            Tensor gradient = tape.Gradient(logits, cache["blocks.1.attn.hook_pattern"])[cache["blocks.1.attn.hook_pattern"]];
            ```

            Scopes act until their `using` block ends, on this thread only. Edits run from the outermost scope inwards, caches record last, so
            what is recorded is the tensor the next op consumes. A name or pattern that matches nothing is an error.

            `hook_attn_scores` are scaled and masked (−∞ where hidden); `hook_pattern` is their softmax. Both, `hook_result` (what each head adds to
            the residual stream, before the bias) and `hook_scale` are computed only while they are watched; results agree with the fused path
            to rounding. With a key–value cache, `hook_k` and `hook_v` see new positions only. LayerNorm's `hook_normalized` comes after its weights,
            RMSNorm's before its own, as in TransformerLens.

            This page is generated: `VITRINE_UPDATE_DOCS=1 dotnet test --filter HookListTests`.
            """ };
        (string Title, string Family, string? Architecture)[] models =
        [
            ("GPT-2, StarCoder", "gpt2", null), ("GPT-2, sequence classification", "gpt2", "GPT2ForSequenceClassification"),
            ("Llama, Mistral, Qwen2, Phi-3, Gemma, SmolLM3, StableLM, Granite", "llama", null),
            ("StarCoder 2, Nemotron", "starcoder2", null), ("OLMo 2", "olmo2", null), ("Command R, R7B", "cohere", null),
            ("Qwen3", "qwen3", null), ("Gemma 2", "gemma2", null), ("Gemma 3", "gemma3_text", null), ("GPT-NeoX, Pythia", "gpt_neox", null),
            ("GPT-J, CodeGen, Phi", "gptj", null), ("GPT-Neo", "gpt_neo", null), ("BLOOM", "bloom", null), ("MPT", "mpt", null),
            ("OPT 350M", "opt", null), ("XGLM", "xglm", null),
            ("BERT, masked language model", "bert", null), ("BERT, sequence classification", "bert", "BertForSequenceClassification"),
            ("BERT, multiple choice", "bert", "BertForMultipleChoice"),
            ("BERT, token classification", "bert", "BertForTokenClassification"),
            ("BERT, question answering", "bert", "BertForQuestionAnswering"),
            ("DistilBERT", "distilbert", null), ("RoBERTa, XLM-R, CamemBERT, data2vec", "roberta", null),
            ("MPNet", "mpnet", null), ("RoFormer", "roformer", null),
            ("ELECTRA, generator", "electra", null), ("ELECTRA, discriminator", "electra", "ElectraForPreTraining"),
            ("ALBERT", "albert", null), ("DeBERTa v2 and v3", "deberta-v2", null), ("ModernBERT", "modernbert", null),
            ("ModernBERT, sequence classification", "modernbert", "ModernBertForSequenceClassification"),
            ("Marian", "marian", null), ("BART", "bart", null),
            ("mBART", "mbart", null), ("M2M-100, NLLB, Pegasus, Blenderbot", "m2m_100", null),
            ("T5", "t5", null), ("T5 v1.1, mT5", "mt5", null),
        ];
        var known = new HashSet<string>();
        foreach ((string title, string family, string? architecture) in models)
        {
            IReadOnlyList<HookPoint> points = Points(family, architecture);
            bool variant = known.Contains(family);
            page.AddRange(["", $"## {title}", "", .. variant ? (string[])["As above, but for the head:", ""] : [],
                "| hook point | axes |", "|---|---|"]);
            page.AddRange(points.Where(p => !variant || !known.Contains($"{family} {p}"))
                .Select(p => $"| `{p.Name.Replace(".0.", ".N.", StringComparison.Ordinal)}` | `{p.Axes}` |"));
            if (!variant)
            {
                known.UnionWith(points.Select(p => $"{family} {p}"));
            }
            known.Add(family);
        }
        return string.Join('\n', page) + "\n";
    }
}
