namespace LmmFunctional.Estimation

open LmmFunctional.Numerics

/// <summary>The vectors that a trace is sampled with.</summary>
/// <remarks>Random signs are a function of a seed and of two counters, the probe and the effect: the same at any number of
/// threads, and the first probes stay when others are added.</remarks>
[<RequireQualifiedAccess; NoComparison>]
type internal Probes =
    /// Vectors of independent random signs (Hutchinson 1990): so many, a multiple of eight.
    | Signs of count: int * seed: uint64
    /// All unit vectors: the trace is exact.
    | Units

[<RequireQualifiedAccess>]
module internal Probes =

    /// The number of vectors for so many effects.
    let count effects probes =
        match probes with
        | Probes.Signs(count, _) -> count
        | Probes.Units -> effects

    /// What a quadratic form counts for in the trace.
    let weight probes =
        match probes with
        | Probes.Signs(count, _) -> 1.0 / float count
        | Probes.Units -> 1.0

    // SplitMix64 (Steele, Lea and Flood 2014), its state a counter.
    let private mixed (counter: uint64) =
        let z = counter * 0x9E3779B97F4A7C15UL
        let z = (z ^^^ (z >>> 30)) * 0xBF58476D1CE4E5B9UL
        let z = (z ^^^ (z >>> 27)) * 0x94D049BB133111EBUL
        z ^^^ (z >>> 31)

    /// Eight probes, from one on, into a panel; columns past the last are zero.
    let fill effects probes first (panel: Buffer) =
        match probes with
        | Probes.Signs(_, seed) ->
            let stream = mixed (seed + 1UL + uint64 (first / 64))
            let shift = first % 64

            for effect in 0 .. effects - 1 do
                let bits = mixed (stream + uint64 effect) >>> shift

                for lane in 0 .. EffectPanel.lanes - 1 do
                    let isMinus = (bits >>> lane) &&& 1UL = 1UL
                    panel[effect * EffectPanel.lanes + lane] <- if isMinus then -1.0 else 1.0
        | Probes.Units ->
            panel.Span.Slice(0, effects * EffectPanel.lanes).Clear()

            for lane in 0 .. min EffectPanel.lanes (effects - first) - 1 do
                panel[(first + lane) * EffectPanel.lanes + lane] <- 1.0
