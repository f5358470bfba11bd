namespace LmmFunctional.Estimation

open LmmFunctional
open LmmFunctional.Model

/// <summary>First derivatives of −2 log likelihood at one point, and what they are made of.</summary>
[<NoComparison; ReferenceEquality>]
type internal ScoreParts = {
    /// The weight of −log r²: dn, which is n, or n − p under REML, while σ² is profiled out; r²/σ² where it is known.
    Weight: float
    /// Whether σ² is profiled out.
    IsProfiled: bool
    Lambdas: float[][]
    Derivatives: TermDerivative[]
    /// D = ∂f/∂G of each term, S×S.
    D: float[][]
    /// How G depends on θ; None where θ is the entries of Λ.
    Directions: CovarianceDirections option
    /// Derivatives by θ.
    Gradient: float[]
}

/// <summary>Derivatives of −2 log likelihood by the free entries of Λ, β and σ² profiled out.</summary>
[<RequireQualifiedAccess>]
module internal Curvature =

    /// D = ∂f/∂G of each term: trace part less dn times the part of the residual.
    let private covarianceDerivatives df (derivatives: TermDerivative[]) =
        derivatives
        |> Array.map (fun d -> Array.map2 (fun trace square -> trace - df * square) d.Trace d.Square)

    /// Element (row, column) of D λ.
    let private alongFactor (d: float[]) (lambda: float[]) row column =
        let n = int (sqrt (float d.Length))
        let mutable sum = 0.0

        for i in 0 .. n - 1 do
            sum <- sum + d[row + i * n] * lambda[i + column * n]

        sum

    /// A product that comes from σ², when it is profiled out.
    let private ofProfile (score: ScoreParts) (a: float[]) (b: float[]) k l =
        if score.IsProfiled then a[k] * b[l] else 0.0

    /// Σ_ij W_ij ∂G_ij/∂θ_k of every parameter, for a symmetric W of each term.
    let private along directions (entries: Entry[]) (lambdas: float[][]) (weights: float[][]) : float[] =
        match directions with
        | Some directions -> CovarianceDirections.along directions weights
        | None ->
            entries
            |> Array.map (fun entry -> 2.0 * alongFactor weights[entry.Term] lambdas[entry.Term] entry.Row entry.Column)

    /// <summary>First derivatives at the point an engine has been factored for.</summary>
    /// <remarks>weight: see <see cref="F:LmmFunctional.Estimation.ScoreParts.Weight"/>.</remarks>
    let score reml weight isProfiled (engine: Engine) (layout: ThetaLayout) theta (lambdas: float[][]) : ScoreParts =
        engine.Solve()
        let derivatives = engine.Derivatives reml
        let d = covarianceDerivatives weight derivatives

        let directions =
            if layout.IsPlain then
                None
            else
                Some(CovarianceDirections.create layout theta lambdas)

        {
            Weight = weight
            IsProfiled = isProfiled
            Lambdas = lambdas
            Derivatives = derivatives
            D = d
            Directions = directions
            Gradient = along directions layout.Entries lambdas d
        }

    /// 2⟨D, E_k E_lᵀ⟩: the curvature of G = λλᵀ itself.
    let private factorCurvature (d: float[][]) (entries: Entry[]) k l =
        let a, b = entries[k], entries[l]

        if a.Term = b.Term && a.Column = b.Column then
            let n = int (sqrt (float d[a.Term].Length))
            2.0 * d[a.Term][a.Row + b.Row * n]
        else
            0.0

    /// The positive semidefinite part of the curvature of G = λλᵀ. It falls into one block for each column of λ: the free
    /// rows of that column, so that entries which a structure fixes at zero have no say.
    let private positiveCurvature (d: float[][]) (entries: Entry[]) =
        let result = Array2D.zeroCreate entries.Length entries.Length

        let mutable first = 0

        // The entries of a column stand together.
        while first < entries.Length do
            let start = entries[first]
            let mutable last = first

            while last + 1 < entries.Length
                  && entries[last + 1].Term = start.Term
                  && entries[last + 1].Column = start.Column do
                last <- last + 1

            let n = last - first + 1
            let own: float[] = Array.zeroCreate (n * n)

            for k in 0 .. n * n - 1 do
                own[k] <- factorCurvature d entries (first + k % n) (first + k / n)

            let part = Semidefinite.positivePart n own

            for k in 0 .. n * n - 1 do
                result[first + k % n, first + k / n] <- part[k]

            first <- last + 1

        result

    let private projections (score: ScoreParts) (select: TermDerivative -> float[]) (entries: Entry[]) =
        along score.Directions entries score.Lambdas (score.Derivatives |> Array.map select)

    /// A curvature of G over θ: of the free entries, and of each term with a form.
    let private overParameters (score: ScoreParts) (ofEntries: float[,]) ofForms =
        match score.Directions with
        | None -> ofEntries
        | Some directions ->
            let layout = directions.Layout
            let result = Array2D.zeroCreate layout.Parameters layout.Parameters

            for t in 0 .. layout.Forms.Length - 1 do
                let from, into = layout.Starts[t], layout.ParameterStarts[t]

                for k in 0 .. layout.Starts[t + 1] - from - 1 do
                    for l in 0 .. layout.Starts[t + 1] - from - 1 do
                        result[into + k, into + l] <- ofEntries[from + k, from + l]

            for start, form: EffectsForm, own: float[] in ofForms directions score.D do
                let count = form.Names.Length

                for k in 0 .. count - 1 do
                    for l in 0 .. count - 1 do
                        result[start + k, start + l] <- own[k + l * count]

            result

    /// Whether a curvature is positive definite by a margin, its diagonal scaled to one.
    let isWellConditioned k (element: int -> int -> float) =
        let scale = Array.init k (fun i -> 1.0 / sqrt (max 1e-300 (element i i)))

        let scaled =
            Array.init (k * k) (fun index -> let i, j = index % k, index / k in element i j * scale[i] * scale[j])

        k > 0
        && Seq.forall (fun i -> element i i > 1e-4) (seq { 0 .. k - 1 })
        && (let struct (values, _) = Semidefinite.eigen k scaled in values[0] > 1e-4)

    /// <summary>Curvature of −2 log likelihood in θ, k×k, from closed forms.</summary>
    /// <remarks>Observed: dn(2F − ssᵀ) − T + ⟨D, G̈⟩; expected: T − ttᵀ/dn and average: dn(F − ssᵀ), each with the last term
    /// where it is positive semidefinite: it vanishes at an optimum and keeps steps sound near a variance of zero.</remarks>
    let matrix information reml (engine: Engine) (layout: ThetaLayout) (score: ScoreParts) : Matrix =
        let entries = layout.Entries
        let k = layout.Parameters
        let squares = projections score _.Square entries

        let average () =
            match score.Directions with
            | None -> engine.Average entries
            | Some directions -> engine.AverageOf directions

        let traces () =
            match score.Directions with
            | None -> engine.Trace(entries, reml)
            | Some directions -> engine.TraceOf(directions, reml)

        let positive () =
            overParameters score (positiveCurvature score.D entries) CovarianceDirections.positiveCurvatures

        match information with
        | Information.Average ->
            let f, positive = average (), positive ()

            Matrix.init k k (fun i j -> score.Weight * (f[i, j] - ofProfile score squares squares i j) + positive[i, j])
        | Information.Observed ->
            let own =
                Array2D.init entries.Length entries.Length (factorCurvature score.D entries)

            let curvature = overParameters score own CovarianceDirections.curvatures
            let f, trace = average (), traces ()

            Matrix.init k k (fun i j ->
                score.Weight * (2.0 * f[i, j] - ofProfile score squares squares i j)
                - trace[i, j]
                + curvature[i, j])
        | Information.Expected ->
            let trace = traces ()
            let own = projections score _.Trace entries

            let plain i j =
                trace[i, j] - ofProfile score own own i j / score.Weight

            if isWellConditioned k plain then
                Matrix.init k k plain
            else
                let positive = positive ()
                Matrix.init k k (fun i j -> plain i j + positive[i, j])

    /// −∂ log r²/∂θ.
    let squares (layout: ThetaLayout) (score: ScoreParts) =
        projections score _.Square layout.Entries
