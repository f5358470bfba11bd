namespace LmmFunctional.Estimation

open LmmFunctional

/// <summary>Moments in the parameters a user knows: elements of each G, or of its Cholesky factor, on the scale of the
/// data.</summary>
[<RequireQualifiedAccess>]
module internal MomentScales =

    /// T⁻¹ of each term: G(inner) = T⁻¹ G(user) T⁻ᵀ.
    let private inverseTransforms (standard: Standardised) =
        standard.Terms
        |> List.map (fun term -> Semidefinite.inverse term.Factor.Order term.Transform)
        |> Array.ofList

    /// Elements of (abᵀ + baᵀ) along the entries of a term.
    let private outer (a: float[]) (b: float[]) (entry: Entry) =
        a[entry.Row] * b[entry.Column] + b[entry.Row] * a[entry.Column]

    let private column n (matrix: float[]) index = Array.sub matrix (index * n) n

    /// A matrix over all parameters from its value for two entries of one term; σ² maps to itself.
    let private jacobian (layout: ThetaLayout) (element: Entry -> Entry -> float) =
        let k = layout.Entries.Length

        Matrix.init (k + 1) (k + 1) (fun i j ->
            if i = k || j = k then
                (if i = j then 1.0 else 0.0)
            elif layout.Entries[i].Term <> layout.Entries[j].Term then
                0.0
            else
                element layout.Entries[i] layout.Entries[j])

    /// The moments in the elements of G on the user's scale.
    let variances (standard: Standardised) (layout: ThetaLayout) (covariances: float[][]) (moments: CovarianceMoments) =
        let inverses = inverseTransforms standard

        let along (inner: Entry) (user: Entry) =
            let n = layout.Shapes[user.Term].Order
            let a = column n inverses[user.Term] user.Row
            let both = outer a (column n inverses[user.Term] user.Column) inner
            if user.Row = user.Column then 0.5 * both else both

        let values =
            layout.Entries
            |> Array.map (fun entry ->
                covariances[entry.Term].[entry.Row + entry.Column * layout.Shapes[entry.Term].Order])

        let values = Array.append values [| Array.last moments.Values |]
        CovarianceMoments.reparametrise moments.Names values moments.AtBound (jacobian layout along) None moments

    /// The moments in the entries of the Cholesky factors of G on the user's scale.
    let factors (standard: Standardised) (layout: ThetaLayout) (covariances: float[][]) (moments: CovarianceMoments) =
        let inverses = inverseTransforms standard

        let roots =
            Array.map2
                (fun covariance (shape: RelativeFactor) -> Semidefinite.factor shape.Order covariance)
                covariances
                layout.Shapes

        // Columns of T⁻¹L: G(inner) = T⁻¹L (T⁻¹L)ᵀ.
        let inner =
            Array.map3
                (fun (shape: RelativeFactor) (inverse: float[]) (root: float[]) ->
                    let n = shape.Order

                    Array.init (n * n) (fun index ->
                        Seq.init n (fun k -> inverse[index % n + k * n] * root[k + index / n * n])
                        |> Seq.sum))
                layout.Shapes
                inverses
                roots

        let along (element: Entry) (entry: Entry) =
            let n = layout.Shapes[entry.Term].Order
            outer (column n inverses[entry.Term] entry.Row) (column n inner[entry.Term] entry.Column) element

        let k = layout.Entries.Length

        let curvature index =
            SquareBlock.init (k + 1) (fun i j ->
                if index = k || i = k || j = k then
                    0.0
                else
                    let element, a, b = layout.Entries[index], layout.Entries[i], layout.Entries[j]

                    if a.Term = b.Term && a.Term = element.Term && a.Column = b.Column then
                        let n = layout.Shapes[a.Term].Order
                        outer (column n inverses[a.Term] a.Row) (column n inverses[a.Term] b.Row) element
                    else
                        0.0)

        let values =
            layout.Entries
            |> Array.map (fun entry -> roots[entry.Term].[entry.Row + entry.Column * layout.Shapes[entry.Term].Order])

        let values = Array.append values [| Array.last moments.Values |]

        // SAS holds a zero on the diagonal; the entries below it are zero too.
        let isZero (entry: Entry) =
            roots[entry.Term].[entry.Column * (layout.Shapes[entry.Term].Order + 1)] = 0.0

        let atBound = Array.append (layout.Entries |> Array.map isZero) [| false |]

        CovarianceMoments.reparametrise
            moments.Names
            values
            atBound
            (jacobian layout along)
            (Some(Array.init (k + 1) curvature))
            moments
