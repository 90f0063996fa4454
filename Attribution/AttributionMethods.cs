namespace Vitrine.Attributions;

/// <summary>The table of attribution methods.</summary>
public static class AttributionMethods
{
    /// <summary>Those that say where a model looks for one target, in one pass, whatever the score.</summary>
    internal static IReadOnlyList<string> ThatLookInside { get; } =
    [
        "attention", "attention_rollout", "attention_flow", "attention_x_gradient", "attention_relevance", "value_zeroing", "alti",
        "alti_logit", "globenc", "decompx", "progressive_inference",
    ];

    /// <summary>Every method, in the order in which <c>vitrine methods</c> lists them.</summary>
    public static IReadOnlyList<IAttributionMethod> All { get; } =
    [
        new Saliency(),
        new InputXGradient(),
        new IntegratedGradients(),
        new SequentialIntegratedGradients(),
        new DiscretizedIntegratedGradients(),
        new GradientShap(),
        new DeepLift(),
        new DeepLiftShap(),
        .. NoiseTunnel.All(Get),
        new GuidedBackprop(),
        new Deconvolution(),
        new Gim(),
        new AtLayer(new IntegratedGradients()),
        new AtLayer(new InputXGradient(), "layer_gradient_x_activation"),
        new AtLayer(new DeepLift()),
        new AtLayer(new GradientShap()),
        new LayerActivation(),
        new InternalInfluence(),
        new LayerConductance(),
        new OfNeuron(new Saliency(), "neuron_gradient"),
        new OfNeuron(new IntegratedGradients(), "neuron_integrated_gradients"),
        new NeuronConductance(),
        new AttentionWeights(),
        new AttentionRollout(),
        new AttentionFlow(),
        new AttentionXGradient(),
        new AttentionRelevance(),
        new ValueZeroing(),
        new Alti(),
        new AltiLogit(),
        new GlobEnc(),
        new DecompX(),
        new ProgressiveInference(),
        new FeatureAblation(),
        new Occlusion(),
        new ShapleyValues(),
        new ShapleyValueSampling(),
        new KernelShap(),
        new PartitionShap(),
        new Lime(),
        new FeaturePermutation(),
        new Sobol(),
        new ContextCite(),
        new Reagent(),
        new RandomScores(),
        new ConstantScores(),
    ];

    /// <summary>The method of a name.</summary>
    /// <exception cref="Vitrine.Tensors.VitrineException">There is none of that name; the message names the nearest and lists
    /// all.</exception>
    public static IAttributionMethod Get(string name) => Names.Find(All, m => m.Name, name, "method");
}
