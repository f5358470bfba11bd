namespace LmmFunctional.Estimation

/// <summary>What an engine that is factored knows of the effects of each term.</summary>
[<Sealed>]
type internal EngineEffects(engine: Engine, terms: StandardisedTerm[]) =

    /// Z'V⁻¹(y − Xβ)/r of all levels.
    member _.Residuals(t: int) : float[] =
        engine.Solve()
        let n = terms[t].Factor.Order
        Array.init (terms[t].Levels * n) (fun at -> engine.Score(t, at / n, at % n))

    /// Z'V⁻¹XL⁻ᵀ of a level.
    member _.FixedScores(t: int) : int -> float[] =
        engine.Solve()
        fun level -> engine.FixedScores(t, level)

    /// The covariance of a level's effects given the data and β, over σ².
    member _.ConditionalCovariance(t: int) : int -> float[] =
        engine.Solve()
        fun level -> engine.ConditionalCovariance(t, level)
