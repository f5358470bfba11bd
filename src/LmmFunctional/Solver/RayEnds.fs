namespace LmmFunctional.Estimation

open System.Collections.Immutable
open LmmFunctional
open LmmFunctional.Model

/// <summary>The ends of rays as bounds.</summary>
/// <remarks>The criterion is linear in the variance that goes to zero, e^(−2t) at a position t.</remarks>
[<RequireQualifiedAccess>]
module internal RayEnds =

    // Where the end is worth a try; where it is taken for reached, and where it is: a variance of 1e-8 times the others leaves
    // digits enough to factor V, and changes the criterion by less than it is printed to.
    let private near, reached, last = log 20.0, log 2000.0, log 1e4

    // A change of the criterion that its rounding could not make.
    let private visible criterion = 1e-11 * max 1.0 (abs criterion)

    let private valueAt (objective: Objective) theta =
        (objective.Evaluate theta Order.Value).Value

    let private slope (ray: Ray) (theta: ImmutableArray<float>) (gradient: ImmutableArray<float>) =
        Seq.fold2 (fun sum t g -> sum + t * g) 0.0 (ray.Tangent theta) gradient

    /// The change of the criterion from a point at the end to one well before it.
    let private rise objective (ray: Ray) theta criterion =
        valueAt objective (ray.Along (near - ray.Position theta) theta) - criterion

    // At the end a further step changes hardly anything; at an optimum on the way it changes the criterion by about one.
    let private flat = 1e-4

    let private isReached objective (ray: Ray) theta =
        let position = ray.Position theta

        position >= reached
        && position <= last + 1.0
        && (let value = valueAt objective theta

            [ 0.5; 1.0 ]
            |> List.forall (fun further -> abs (valueAt objective (ray.Along further theta) - value) <= flat))

    /// The end of the ray, where the criterion falls no less and not much more than its slope tells, and rises from there.
    let tryReach (objective: Objective) (iteration: Iteration) : ImmutableArray<float> option =
        match objective.Ray with
        | Some ray when iteration.Gradient.Length = iteration.Theta.Length ->
            let position = ray.Position iteration.Theta

            if position < near || position >= reached then
                None
            else
                let theta = ray.Along (last - position) iteration.Theta
                let value = valueAt objective theta
                let fall = iteration.Criterion - value
                let expected = 0.5 * abs (slope ray iteration.Theta iteration.Gradient)

                if
                    fall > -0.1 * visible value
                    // On a straight line, towards an optimum further out, it falls by more than three times this.
                    && fall <= 2.0 * expected + visible value
                    && rise objective ray theta value > visible value
                then
                    Some theta
                else
                    None
        | _ -> None

    /// What is at its bound at a point, with the end of a ray.
    let withEnd (objective: Objective) (theta: ImmutableArray<float>) (inner: Boundary) : Boundary =
        match objective.Ray with
        | Some ray when isReached objective ray theta ->
            let rise = rise objective ray theta (valueAt objective theta)

            {
                inner with
                    Active = inner.Active @ [ ray.Name, rise * exp (2.0 * near) ]
            }
        | _ -> inner

    /// The derivatives at the end of a ray, along which nothing moves: none along it, and a curvature that stands for a fixed
    /// parameter.
    let still (objective: Objective) (theta: ImmutableArray<float>) (evaluation: Evaluation) : Evaluation =
        match objective.Ray with
        | Some ray when not evaluation.Gradient.IsEmpty && isReached objective ray theta ->
            let k = theta.Length
            let tangent = ray.Tangent theta
            let length = sqrt (Array.sumBy (fun t -> t * t) tangent)
            let u = tangent |> Array.map (fun t -> t / length)
            let g, h = evaluation.Gradient, evaluation.Curvature
            let along = Seq.fold2 (fun sum u g -> sum + u * g) 0.0 u g

            let curvature =
                if h.Rows = 0 then
                    h
                else
                    let image = Array.init k (fun i -> Seq.init k (fun j -> h[i, j] * u[j]) |> Seq.sum)

                    let own = Array.fold2 (fun sum u image -> sum + u * image) 0.0 u image
                    let size = Seq.init k (fun i -> abs h[i, i]) |> Seq.max |> max 1.0

                    Matrix.init k k (fun i j ->
                        h[i, j] - u[i] * image[j] - image[i] * u[j] + (own + size) * u[i] * u[j])

            {
                evaluation with
                    Gradient =
                        g
                        |> Seq.mapi (fun i value -> value - along * u[i])
                        |> ImmutableArray.CreateRange
                    Curvature = curvature
            }
        | _ -> evaluation

    // A fall by this for each factor of e in the variance: a likelihood without maximum falls by one or more.
    let private endless = 0.05

    /// The quantity towards whose zero the likelihood grows without limit.
    let unbounded (objective: Objective) (iteration: Iteration) : string list =
        match objective.Ray with
        | Some ray when
            iteration.Gradient.Length = iteration.Theta.Length
            && ray.Position iteration.Theta > last
            && -0.5 * slope ray iteration.Theta iteration.Gradient > endless
              ->
              [ ray.Name ]
        | _ -> []
