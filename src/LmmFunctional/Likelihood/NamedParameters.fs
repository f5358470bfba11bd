namespace LmmFunctional.Estimation

open System
open LmmFunctional.Numerics

/// <summary>The covariance parameters of one random term, or of the residuals, by the names that are printed.</summary>
/// <remarks>As many as there are in τ, the term's own part of θ. Holding one of them holds coordinates of τ where it is a
/// function of no other coordinate, or where those that are held together are functions of as many coordinates.</remarks>
[<NoComparison; NoEquality>]
type internal NamedParameters = {
    Names: string[]
    /// Other names that are understood: of covariances, with the effects the other way round.
    Aliases: string[]
    Kinds: ParameterKind[]
    /// The power of σ that each is multiplied by; its place in τ is divided by σ where that is not zero.
    Powers: int[]
    /// Where τ starts in θ.
    Start: int
    /// A τ to look from.
    Point: float[]
    /// The parameters at τ, σ being one.
    Natural: Jet[] -> Jet[]
    /// τ of the parameters, σ being one; None where they give no positive definite matrix.
    Unconstrained: float[] -> float[] option
    /// All parameters, when some of them have other values: correlations of a matrix stay where their covariances are not
    /// among these.
    Completed: float[] -> Map<int, float> -> float[]
} with

    /// k, the number of parameters.
    member parameters.Count = parameters.Names.Length

    /// The place of a name; −1 where it is no name of these.
    member parameters.IndexOf(name: string) =
        max (Array.IndexOf(parameters.Names, name)) (Array.IndexOf(parameters.Aliases, name))

[<RequireQualifiedAccess>]
module internal NamedParameters =

    /// The name of the residual variance.
    let residualName = "Residual"

    /// The name of its root, as structured residuals print it.
    let deviationName = "Residual.sigma"

    // Making

    let private replaced (values: float[]) (given: Map<int, float>) =
        values
        |> Array.mapi (fun index value -> given |> Map.tryFind index |> Option.defaultValue value)

    let private ofForm group start (form: EffectsForm) = {
        Names = form.Names |> Array.map (fun name -> $"{group}.{name}")
        Aliases = [||]
        Kinds = form.Kinds
        Powers = form.Powers
        Start = start
        Point = form.Start(Array.create form.Order 1.0)
        Natural = form.Natural
        Unconstrained = form.Unconstrained
        Completed = replaced
    }

    /// Variances and covariances of a term whose τ are the free entries of λ on the inner scale: G = (Tλ)(Tλ)ᵀ.
    let private ofEntries (names: string[]) (effects: string[]) start (term: StandardisedTerm) =
        let shape = term.Factor
        let n = shape.Order
        let rows, columns = shape.EntryRows, shape.EntryColumns
        let count = RelativeFactor.count shape
        let inverse = lazy (Semidefinite.inverse n term.Transform)

        let natural (tau: Jet[]) =
            let lambda = Array.create (n * n) Jet.zero
            Array.iteri (fun k entry -> lambda[rows[k] + columns[k] * n] <- entry) tau

            let factor =
                Array.init (n * n) (fun at ->
                    let i, j = at % n, at / n

                    Seq.init n id
                    |> Seq.filter (fun k -> term.Transform[i + k * n] <> 0.0 && not (Jet.isZero lambda[k + j * n]))
                    |> Seq.fold (fun sum k -> sum +. Jet.scale term.Transform[i + k * n] lambda[k + j * n]) Jet.zero)

            Array.init count (fun k ->
                Seq.init n (fun l -> factor[rows[k] + l * n] *. factor[columns[k] + l * n])
                |> Seq.reduce (+.))

        let unconstrained (values: float[]) =
            let g: float[] = Array.zeroCreate (n * n)

            for k in 0 .. count - 1 do
                g[rows[k] + columns[k] * n] <- values[k]
                g[columns[k] + rows[k] * n] <- values[k]

            let lambda = Semidefinite.congruence n inverse.Value g

            if Small.Cholesky(n, lambda, 0) then
                Some(RelativeFactor.ofMatrix lambda shape)
            else
                None

        let completed (values: float[]) (given: Map<int, float>) =
            let all = replaced values given

            let growth: float[] = Array.create n 1.0

            for k in 0 .. count - 1 do
                if rows[k] = columns[k] && values[k] > 0.0 then
                    growth[rows[k]] <- sqrt (all[k] / values[k])

            all
            |> Array.mapi (fun k value ->
                if rows[k] = columns[k] || given.ContainsKey k then
                    value
                else
                    value * growth[rows[k]] * growth[columns[k]])

        {
            Names = names
            Aliases =
                Array.map2
                    (fun i j ->
                        if i = j then
                            $"{term.Group}.{effects[i]}"
                        else
                            $"{term.Group}.{effects[j]}.{effects[i]}")
                    rows
                    columns
            Kinds = Array.map2 (fun i j -> if i = j then ParameterKind.Variance else ParameterKind.Real) rows columns
            Powers = Array.create count 2
            Start = start
            Point = Array.map2 (fun i j -> if i = j then 1.0 else 0.0) rows columns
            Natural = natural
            Unconstrained = unconstrained
            Completed = completed
        }

    /// The parameters of every random term, and those of the residuals: of their structure, σ² left out.
    let create (design: Design) (standard: Standardised) (layout: ThetaLayout) : NamedParameters list =
        let names = ThetaLayout.names design layout |> Array.ofSeq

        [
            for t, term in List.indexed standard.Terms do
                let start = layout.ParameterStarts[t]

                match layout.Forms[t] with
                | Some form -> ofForm term.Group start form
                | None ->
                    let effects = Array.ofSeq design.Random[t].Names
                    ofEntries names[start .. layout.ParameterStarts[t + 1] - 1] effects start term

            if design.Residual.IsSome then
                let block = (ResidualModel.create design.Residual).Parameters

                {
                    Names = block.Names |> Array.map (fun name -> $"{residualName}.{name}")
                    Aliases = [||]
                    Kinds = block.Kinds
                    // Standard deviations of residuals are relative to σ.
                    Powers = Array.zeroCreate block.Names.Length
                    Start = layout.Parameters
                    Point = block.Start
                    Natural = block.Natural
                    Unconstrained = block.Unconstrained
                    Completed = replaced
                }
        ]

    // Asking

    // Steps off a point where a derivative might vanish by chance.
    let private offset k = 0.137 + 0.0731 * float k

    /// For each parameter the places in τ that it depends on.
    let supports (parameters: NamedParameters) : Set<int>[] =
        let tau = parameters.Point |> Array.mapi (fun k value -> value + offset k)

        parameters.Natural(Jet.variables tau)
        |> Array.map (fun natural ->
            Seq.zip natural.Support natural.First
            |> Seq.filter (fun (_, slope) -> abs slope > 1e-12)
            |> Seq.map fst
            |> Set.ofSeq)

    /// The values of all parameters at τ, σ being one.
    let valuesAt (parameters: NamedParameters) (tau: float[]) =
        parameters.Natural(Jet.constants tau) |> Array.map _.Value

    /// At this τ every map between a region and the whole line has reached its end.
    let far = 40.0

    /// The ends of a parameter's own region, which do not belong to it.
    let region (parameters: NamedParameters) index : float * float =
        match parameters.Kinds[index] with
        | ParameterKind.StandardDeviation
        | ParameterKind.Positive
        | ParameterKind.Variance -> 0.0, infinity
        | ParameterKind.Proportion -> 0.0, 1.0
        | ParameterKind.Loading -> -infinity, infinity
        | ParameterKind.Correlation
        | ParameterKind.Real as kind ->
            // A correlation of all pairs has a lower end above −1; a coefficient of a process may have ends.
            let places = supports parameters

            match Set.toList places[index], kind with
            | [ place ], _ ->
                let at tau =
                    (valuesAt parameters (Array.updateAt place tau parameters.Point))[index]

                let first, last = at -far, at far
                let low, high = min first last, max first last
                if high - low > far then -infinity, infinity else low, high
            | _, ParameterKind.Correlation -> -1.0, 1.0
            | _ -> -infinity, infinity
