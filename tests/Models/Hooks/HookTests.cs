using Vitrine.Autograd;
using Vitrine.Tensors;
using Vitrine.Tests.Support;
using Vitrine.Transformers;
using Xunit;

namespace Vitrine.Tests.Models;

/// <summary>What scopes promise, in every family.</summary>
public class HookTests
{
    public static TheoryData<string> Families() => [.. TinyModels.Families];

    [Theory]
    [MemberData(nameof(Families))]
    public void Cache_EveryPoint_HoldsTensorOfStatedRank(string family)
    {
        using var folder = new TempFolder();
        ITransformer model = TinyModels.Load(folder.Path, family);

        using ActivationCache cache = model.Cache("*");
        model.Forward(TinyInputs.For(model));

        Assert.Equal(model.HookPoints.Select(p => p.Name), cache.Names);
        Assert.All(model.HookPoints, point => Assert.Equal(point.Axes.Split(',').Length, cache[point.Name].Shape.Rank));
    }

    [Theory]
    [MemberData(nameof(Families))]
    public void Forward_PlainPathUnderWatchingEyes_AgreesWithFused(string family)
    {
        using var folder = new TempFolder();
        ITransformer model = TinyModels.Load(folder.Path, family);
        ModelInput input = TinyInputs.For(model);
        Tensor fused = model.Forward(input);

        using ActivationCache cache = model.Cache("*");
        Tensor plain = model.Forward(input);

        TensorAssert.Close(plain.ToArray(), fused.ToArray(), rtol: 1e-5, atol: 5e-6, what: family); // float32 sums of two orders
    }

    [Theory]
    [MemberData(nameof(Families))]
    public void Intervene_FunctionReturnsItsArgument_ChangesNoBitOfWatchedRun(string family)
    {
        using var folder = new TempFolder();
        ITransformer model = TinyModels.Load(folder.Path, family);
        ModelInput input = TinyInputs.For(model);
        using ActivationCache cache = model.Cache("*");
        float[] watched = model.Forward(input).ToArray();

        using HookScope edit = model.Intervene("*", x => x);
        float[] edited = model.Forward(input).ToArray();

        Assert.Equal(watched, edited);
    }

    [Theory]
    [MemberData(nameof(Families))]
    public void Hook_EveryPoint_ReturnsTheVeryTensorTheNextOpConsumes(string family)
    {
        using var folder = new TempFolder();
        ITransformer model = TinyModels.Load(folder.Path, family, layers: 1);
        ModelInput input = TinyInputs.Embedded(model, TinyInputs.For(model));
        using ActivationCache cache = model.Cache("*");
        using var tape = new Tape();
        Tensor logits = model.Forward(input);
        Tensor output = logits * RandomTensor.Normal(1, logits.Shape);

        // The tape knows tensors by identity: a copy would not be reached, and asking would throw.
        foreach (HookPoint point in model.HookPoints)
        {
            Tensor activation = cache[point.Name];
            Assert.Equal(activation.Shape, tape.Gradient(output, activation)[activation].Shape);
        }
    }

    [Theory]
    [InlineData("gpt2", "blocks.0.attn.hook_pattern")]
    [InlineData("gpt2", "blocks.0.attn.hook_attn_scores")]
    [InlineData("gpt2", "blocks.1.attn.hook_result")]
    [InlineData("gpt2", "blocks.0.ln1.hook_scale")]
    [InlineData("bert", "blocks.0.attn.hook_z")]
    [InlineData("bert", "blocks.0.mlp.hook_post")]
    [InlineData("llama", "blocks.0.attn.hook_rot_k")]
    [InlineData("llama", "ln_final.hook_normalized")]
    [InlineData("marian", "decoder.0.cross_attn.hook_pattern")]
    [InlineData("marian", "encoder.1.hook_resid_mid")]
    public void Gradient_AtHook_EqualsFiniteDifference(string family, string name)
    {
        using var folder = new TempFolder();
        ITransformer model = TinyModels.Load(folder.Path, family);
        ModelInput input = TinyInputs.For(model);
        Tensor weight = RandomTensor.Normal(2, model.Forward(input).Shape);
        Tensor activation, gradient;
        using (ActivationCache cache = model.Cache(name))
        using (var tape = new Tape())
        {
            Tensor output = model.Forward(input) * weight;
            activation = cache[name];
            gradient = tape.Gradient(output, activation)[activation];
        }

        // Along a random direction, so that one difference checks every element. Hidden scores (−∞) stay hidden.
        Tensor direction = RandomTensor.Normal(3, activation.Shape);
        const float Step = 2e-3f;
        double difference = (Score(Step) - Score(-Step)) / (2 * Step);
        double expected = gradient.ToArray().Zip(direction.ToArray(), (g, d) => (double)g * d).Sum();

        double size = gradient.ToArray().Zip(direction.ToArray(), (g, d) => Math.Abs((double)g * d)).Sum();
        Assert.True(Math.Abs(difference - expected) <= 2e-3 * size, $"{name}: got {expected}, finite difference {difference}, size {size}");

        double Score(float step)
        {
            using HookScope edit = model.Intervene(name, x => x + direction.Scale(step));
            return (model.Forward(input) * weight).ToArray().Sum(x => (double)x);
        }
    }

    [Fact]
    public void Intervene_ZeroedMlp_EqualsModelWithoutIt()
    {
        using var folder = new TempFolder();
        ITransformer model = TinyModels.Load(folder.Path, "gpt2", layers: 1);
        ModelInput input = TinyInputs.For(model);

        using ActivationCache cache = model.Cache("blocks.0.hook_resid_mid", "blocks.0.hook_resid_post");
        using HookScope edit = model.Intervene("blocks.0.hook_mlp_out", x => x.Scale(0));
        model.Forward(input);

        Assert.Equal(cache["blocks.0.hook_resid_mid"].ToArray(), cache["blocks.0.hook_resid_post"].ToArray());
    }

    [Fact]
    public void Scopes_Nested_EditOutermostFirstAndRecordLast()
    {
        using var folder = new TempFolder();
        ITransformer model = TinyModels.Load(folder.Path, "gpt2", layers: 1);
        ModelInput input = TinyInputs.For(model);
        const string Name = "blocks.0.hook_mlp_out";

        using ActivationCache before = model.Cache(Name);
        using HookScope outer = model.Intervene(Name, x => x.Scale(0, 1));     // 1
        using HookScope inner = model.Intervene(Name, x => x.Scale(2, 3));     // 2 · 1 + 3
        using ActivationCache after = model.Cache(Name);
        model.Forward(input);

        Assert.All(before[Name].ToArray(), x => Assert.Equal(5, x));
        Assert.Same(before[Name], after[Name]);
    }

    [Fact]
    public void Scope_Ended_ActsNoMore()
    {
        using var folder = new TempFolder();
        ITransformer model = TinyModels.Load(folder.Path, "gpt2", layers: 1);
        ModelInput input = TinyInputs.For(model);
        float[] plain = model.Forward(input).ToArray();

        HookScope first = model.Intervene("hook_embed", x => x.Scale(0));
        HookScope second = model.Intervene("blocks.0.hook_mlp_out", x => x.Scale(0));
        first.Dispose(); // out of order on purpose
        float[] half = model.Forward(input).ToArray();
        second.Dispose();

        Assert.NotEqual(plain, half);
        Assert.Equal(plain, model.Forward(input).ToArray());
    }

    [Fact]
    public void Scope_OtherThread_IsNotSeen()
    {
        using var folder = new TempFolder();
        ITransformer model = TinyModels.Load(folder.Path, "gpt2", layers: 1);
        ModelInput input = TinyInputs.For(model);
        float[] plain = model.Forward(input).ToArray();

        float[] elsewhere = [];
        using (HookScope edit = model.Intervene("hook_embed", x => x.Scale(0)))
        {
            var thread = new Thread(() => elsewhere = model.Forward(input).ToArray());
            thread.Start();
            thread.Join();
        }

        Assert.Equal(plain, elsewhere);
    }

    [Theory]
    [InlineData("blocks.0.attn.hook_patern", "blocks.0.attn.hook_pattern")]
    [InlineData("blocks.9.hook_resid_pre", "blocks.0.hook_resid_pre")]
    [InlineData("*.hook_nothing", "hook_")]
    public void Cache_UnknownName_ThrowsWithTheNearest(string pattern, string nearest)
    {
        using var folder = new TempFolder();
        ITransformer model = TinyModels.Load(folder.Path, "gpt2");

        HookException e = Assert.Throws<HookException>(() => model.Cache(pattern));

        Assert.Contains(pattern, e.Message, StringComparison.Ordinal);
        Assert.Contains(nearest, e.Message, StringComparison.Ordinal);
        Assert.DoesNotContain('\n', e.Message);
    }

    [Fact]
    public void Cache_BeforeForward_ThrowsInsteadOfNull()
    {
        using var folder = new TempFolder();
        ITransformer model = TinyModels.Load(folder.Path, "gpt2");
        using ActivationCache cache = model.Cache("hook_embed");

        Assert.Throws<HookException>(() => cache["hook_embed"]);
        Assert.Throws<HookException>(() => cache["hook_pos_embed"]);
    }

    [Fact]
    public void Intervene_OtherShape_Throws()
    {
        using var folder = new TempFolder();
        ITransformer model = TinyModels.Load(folder.Path, "gpt2");
        using HookScope edit = model.Intervene("blocks.0.hook_mlp_out", x => x.Slice(1, 0, 1));

        ShapeException e = Assert.Throws<ShapeException>(() => model.Forward(TinyInputs.For(model)));

        Assert.Contains("blocks.0.hook_mlp_out", e.Message, StringComparison.Ordinal);
    }
}
